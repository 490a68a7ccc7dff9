import type { Paragraph, PhrasingContent, Root, RootContent } from 'mdast';
import type { Button, Card } from '../../core/card.ts';
import { AppError } from '../../core/errors.ts';
import type { LocalFile, Outgoing, Part } from '../../core/outgoing.ts';
import { parseMarkdown } from '../../kit/markdown/parse.ts';
import { splitMarkdown } from '../../kit/markdown/split.ts';
import type { MarkdownStream } from '../../kit/markdown/stream.ts';
import { isBlank } from '../../kit/markdown/text-boundary.ts';
import { entityCount, escapeHtml, renderHtml, visibleText } from './html.ts';
import { renderRichHtml } from './rich-html.ts';

/** Marks a message that may be there already. */
const REPEAT = '↻ ';
/** UTF-16 units a message may have after its markup is read; two of the service's 4,096 are left for the mark. */
export const TEXT_LIMIT = 4096 - REPEAT.length;
export const CAPTION_LIMIT = 1024;
/** Of more the service keeps the words and drops the form; two of its hundred are left for what stands below. */
const MOST_ENTITIES = 98;
const BUTTON_BYTES = 64;
const ROW_BUTTONS = 8;
const PHOTO_BYTES = 10 * 1024 * 1024;

/** Buttons in the service's own form; plain JSON, so that a part can be stored. */
export type Keyboard = {
  readonly inline_keyboard: {
    readonly text: string;
    readonly callback_data: string;
    readonly style?: 'danger' | 'success' | 'primary';
  }[][];
};
/** Body of a text or card part. */
export type TextBody = {
  readonly html: string;
  /** The same as a rich message, where that shows more. */
  readonly rich?: string;
  readonly buttons?: Keyboard;
};
/** How a file goes out. */
export type FileField = 'photo' | 'document' | 'audio' | 'voice' | 'video';
export type FileBody = {
  readonly field: FileField;
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly caption?: string;
};

/** Content as Telegram messages; at least one. `rich`: texts may carry a rich form too. */
export function renderParts(content: Outgoing, rich = false): readonly Part[] {
  switch (content.kind) {
    case 'text':
      return textParts(content.markdown, content.footer, content.mentions ?? [], rich);
    case 'card':
      return cardParts(content.card);
    case 'file':
      return fileParts(content.file, content.caption);
  }
}

/** The part as a repeat that says so. */
export function markPart(part: Part): Part {
  if (part.kind === 'file') return part;
  const body = part.body as TextBody;
  const rich = body.rich === undefined ? {} : { rich: `<p>${REPEAT}</p>${body.rich}` };
  return { ...part, body: { ...body, html: REPEAT + body.html, ...rich }, plain: REPEAT + part.plain };
}

/** The beginning of a running text as one message; `growing` remembers what is rendered already. */
export function renderPreview(
  markdown: string,
  status: string | undefined,
  growing: MarkdownStream,
): { html: string; plain: string } {
  const line = status ? `<i>${escapeHtml(status)}</i>` : '';
  const room = TEXT_LIMIT - visibleText(line).length - 2;
  const text = splitText(growing.root(markdown), room)[0]?.html ?? '';
  const html = [text, line].filter((piece) => piece !== '').join('\n\n') || '…';
  return { html, plain: visibleText(html) };
}

function textParts(
  markdown: string,
  footer: string | undefined,
  mentions: readonly string[],
  rich: boolean,
): Part[] {
  const pieces = splitText(parseMarkdown(markdown), TEXT_LIMIT);
  const people = mentions
    .filter((id) => /^\d+$/.test(id))
    .map((id) => `<a href="tg://user?id=${id}">@${id}</a>`)
    .join(' ');
  if (people !== '') append(pieces, people);
  if (footer) append(pieces, `<i>${escapeHtml(footer)}</i>`);
  if (pieces.length === 0) pieces.push({ html: '…' });
  return pieces.map(({ html, rich: form }) =>
    textPart('text', rich && form ? { html, rich: form } : { html }),
  );
}

/** Adds a short piece to the last message, or as a message of its own where it does not fit. */
function append(pieces: Piece[], html: string): void {
  const last = pieces.at(-1);
  const joined = last === undefined ? html : `${last.html}\n\n${html}`;
  if (last === undefined || size(joined, TEXT_LIMIT) > TEXT_LIMIT) pieces.push({ html });
  else
    pieces[pieces.length - 1] = {
      html: joined,
      ...(last.rich ? { rich: `${last.rich}<p>${html}</p>` } : {}),
    };
}

function textPart(kind: 'text' | 'card', body: TextBody): Part {
  return { kind, body, plain: visibleText(body.html) };
}

interface Piece {
  readonly html: string;
  readonly rich?: string;
}

/** UTF-16 units of a markup, or as many as its entities are worth where they would be over first. */
function size(html: string, limit: number): number {
  const entities = entityCount(html);
  const words = visibleText(html).length;
  return entities > MOST_ENTITIES ? Math.max(words, Math.ceil((entities / MOST_ENTITIES) * limit)) : words;
}

/** A document in as many pieces as it takes for each to have at most `limit` UTF-16 units, with all of its form. */
export function splitText(root: Root, limit: number): Piece[] {
  const whole = renderHtml(root);
  const chunks =
    size(whole, limit) <= limit
      ? [root]
      : splitMarkdown(root, { limit, measure: (chunk) => size(renderHtml(chunk), limit) });
  return chunks
    .map((chunk) => {
      const rich = renderRichHtml(chunk);
      return { html: chunk === root ? whole : renderHtml(chunk), ...(rich ? { rich } : {}) };
    })
    .filter(({ html }) => !isBlank(visibleText(html)));
}

function cardParts(card: Card): Part[] {
  const children: RootContent[] = [];
  const keyboard: Button[][] = [];
  if (card.title) children.push(paragraph([strong(card.title)]));
  for (const block of card.blocks) {
    switch (block.kind) {
      case 'text':
        children.push(...parseMarkdown(block.markdown).children);
        break;
      case 'code':
        children.push({ type: 'code', lang: block.language, value: block.code });
        break;
      case 'fields':
        children.push(paragraph(fieldLines(block.fields)));
        break;
      case 'divider':
        children.push({ type: 'thematicBreak' });
        break;
      case 'note':
        children.push(paragraph([{ type: 'emphasis', children: [{ type: 'text', value: block.text }] }]));
        break;
      case 'buttons':
        keyboard.push(...block.rows.map((row) => [...row]));
        break;
      case 'form':
        // There are no forms here; the person answers by text.
        break;
    }
  }
  const pieces = splitText({ type: 'root', children }, TEXT_LIMIT);
  if (pieces.length === 0) pieces.push({ html: '…' });
  const buttons = inlineKeyboard(keyboard);
  return pieces.map(({ html }, at) =>
    textPart('card', at === pieces.length - 1 && buttons ? { html, buttons } : { html }),
  );
}

function fieldLines(
  fields: readonly { readonly label: string; readonly value: string }[],
): PhrasingContent[] {
  return fields.flatMap(({ label, value }, at): PhrasingContent[] => [
    ...(at > 0 ? [{ type: 'break' } as const] : []),
    strong(label),
    { type: 'text', value: `: ${value}` },
  ]);
}

function strong(value: string): PhrasingContent {
  return { type: 'strong', children: [{ type: 'text', value }] };
}

function paragraph(children: PhrasingContent[]): Paragraph {
  return { type: 'paragraph', children };
}

function inlineKeyboard(rows: readonly (readonly Button[])[]): Keyboard | undefined {
  const filled = rows.flatMap((row) =>
    Array.from({ length: Math.ceil(row.length / ROW_BUTTONS) }, (_, at) =>
      row.slice(at * ROW_BUTTONS, (at + 1) * ROW_BUTTONS),
    ),
  );
  if (filled.length === 0) return undefined;
  return {
    inline_keyboard: filled.map((row) =>
      row.map((button) => {
        const bytes = Buffer.byteLength(button.data);
        if (bytes < 1 || bytes > BUTTON_BYTES)
          throw new AppError(
            'button_data_too_long',
            `the payload of button "${button.label}" has ${bytes} bytes; Telegram takes 1 to ${BUTTON_BYTES}`,
            { kind: 'validation' },
          );
        const style = button.style === undefined || button.style === 'default' ? undefined : button.style;
        return { text: button.label || '…', callback_data: button.data, ...(style ? { style } : {}) };
      }),
    ),
  };
}

function fileParts(file: LocalFile, caption: string | undefined): Part[] {
  const body: FileBody = { field: fieldFor(file), path: file.path, name: file.name, size: file.size };
  const pieces = caption ? splitText(parseMarkdown(caption), CAPTION_LIMIT).map(({ html }) => html) : [];
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1)
    return [{ kind: 'file', body: { ...body, caption: only }, plain: visibleText(only) }];
  return [
    { kind: 'file', body, plain: file.name },
    ...(caption && pieces.length > 1 ? textParts(caption, undefined, [], false) : []),
  ];
}

/** Telegram plays only some formats; the rest travels as a document. */
function fieldFor(file: LocalFile): FileField {
  const { kind, mime, size } = file;
  if (kind === 'image' && /^image\/(png|jpeg|webp)$/.test(mime) && size <= PHOTO_BYTES) return 'photo';
  if (kind === 'video' && /^video\/mp4$/.test(mime)) return 'video';
  if (kind === 'audio' && /^audio\/(ogg|opus)/.test(mime)) return 'voice';
  if (kind === 'audio' && /^audio\/(mpeg|mp3|mp4|m4a|x-m4a)/.test(mime)) return 'audio';
  return 'document';
}
