import type { Root } from 'mdast';
import type { Button, Card, FormField, Tone } from '../../core/card.ts';
import type { JsonObject } from '../../core/json.ts';
import type { LocalFile, Outgoing, Part } from '../../core/outgoing.ts';
import { parseMarkdown } from '../../kit/markdown/parse.ts';
import { renderPlain } from '../../kit/markdown/plain.ts';
import { splitMarkdown } from '../../kit/markdown/split.ts';
import type { MarkdownStream } from '../../kit/markdown/stream.ts';
import { isBlank } from '../../kit/markdown/text-boundary.ts';
import { buttonRows, cut, formRows, type Row } from './components.ts';
import { escapeText, toDiscord } from './dialect.ts';

/** UTF-16 units of one message. */
export const TEXT_LIMIT = 2000;
/** Of the text in a box; the service allows 4096, and 6000 for all boxes of a message together. */
const EMBED_LIMIT = 4000;
const TITLE_LIMIT = 256;
const FOOTER_LIMIT = 1000;

/** The form on a part, kept when it is sent: a press tells only ids. */
export interface PartForm {
  readonly data: string;
  readonly fields: readonly FormField[];
}
/** What is sent, in the service's own words, plus a file to read. */
export interface DiscordBody {
  readonly content: string;
  readonly embeds?: readonly JsonObject[];
  readonly components?: readonly Row[];
  /** User ids that are notified; nobody else is. */
  readonly mentions?: readonly string[];
  readonly everyone?: boolean;
  readonly file?: {
    readonly path: string;
    readonly name: string;
    readonly mime: string;
    readonly size: number;
  };
  /** A file whose content stands here. */
  readonly document?: { readonly name: string; readonly text: string };
  readonly form?: PartForm;
}

export interface RenderOptions {
  /** Messages a text may need before it becomes a document. @default no limit */
  readonly longAfter?: number | undefined;
  /** Bytes of a file. */
  readonly uploadBytes?: number;
}

const COLOURS: Readonly<Record<Tone, number>> = {
  blue: 0x3370ff,
  green: 0x2ea043,
  turquoise: 0x14c0c0,
  indigo: 0x4954e6,
  violet: 0x8c4ee6,
  orange: 0xf58220,
  wathet: 0x59a5ff,
  purple: 0xa033ff,
  grey: 0x8f959e,
  carmine: 0xe0245e,
  red: 0xda3633,
};

/** Form fields are plain data; only their declared shape lacks an index. */
const asJson = (body: DiscordBody): JsonObject => body as unknown as JsonObject;

/** Content as Discord messages; at least one. Pure. */
export function renderParts(content: Outgoing, options: RenderOptions = {}): readonly Part[] {
  switch (content.kind) {
    case 'text':
      return textParts(content.markdown, content.footer, content.mentions ?? [], options);
    case 'card':
      return cardParts(content.card);
    case 'file':
      return fileParts(content.file, content.caption);
  }
}

/** The beginning of a running text as one message; `growing` remembers what is parsed already. */
export function renderPreview(markdown: string, status: string | undefined, growing: MarkdownStream): string {
  const line = status ? small(cut(status, 200)) : '';
  const text = splitText(growing.root(markdown), TEXT_LIMIT - line.length - 2)[0]?.text ?? '';
  return [text, line].filter((piece) => piece !== '').join('\n') || '…';
}

interface Piece {
  readonly text: string;
  readonly plain: string;
}

/** A document in as many pieces as it takes for each to have at most `limit` UTF-16 units. */
export function splitText(root: Root, limit: number): Piece[] {
  const chunks = splitMarkdown(root, { limit, measure: (chunk) => toDiscord(chunk).length });
  return chunks
    .map((chunk) => ({ text: toDiscord(chunk), plain: renderPlain(chunk) }))
    .filter(({ text }) => isVisible(text));
}

/** The service refuses messages of blanks. */
const isVisible = (text: string): boolean => !isBlank(text.replaceAll('\\', ''));

/** Discord's small print; one line. */
const small = (text: string): string => `-# ${escapeText(text.replace(/\s+/g, ' '))}`;

function textParts(
  markdown: string,
  footer: string | undefined,
  mentions: readonly string[],
  options: RenderOptions = {},
): Part[] {
  const whole = splitText(parseMarkdown(markdown), TEXT_LIMIT);
  const document = documentFor(markdown, whole.length, options);
  const pieces = document ? [...whole.slice(0, 1), { text: '', plain: document.name }] : whole;
  const people = mentions.filter((id) => /^\d+$/.test(id)).slice(0, 100);
  const everyone = mentions.includes('*');
  const called = [...(everyone ? ['@everyone'] : []), ...people.map((id) => `<@${id}>`)].join(' ');
  if (called !== '') append(pieces, { text: called, plain: called });
  if (footer) append(pieces, { text: small(cut(footer, FOOTER_LIMIT)), plain: footer });
  if (pieces.length === 0) pieces.push({ text: '…', plain: '…' });
  return pieces.map(({ text, plain }, at): Part => {
    const body: DiscordBody = {
      content: text,
      ...(document && at === 1 ? { document } : {}),
      ...(called !== '' && at === pieces.length - 1
        ? { mentions: people, ...(everyone ? { everyone } : {}) }
        : {}),
    };
    return { kind: body.document ? 'file' : 'text', body: asJson(body), plain };
  });
}

/** The whole text as a file, where it would be too many messages. */
function documentFor(markdown: string, messages: number, { longAfter, uploadBytes }: RenderOptions) {
  if (longAfter === undefined || messages <= longAfter) return undefined;
  if (Buffer.byteLength(markdown) > (uploadBytes ?? Number.MAX_SAFE_INTEGER)) return undefined;
  return { name: 'answer.md', text: markdown };
}

/** Adds a line to the last message, or as a message of its own where it does not fit. */
function append(pieces: Piece[], line: Piece): void {
  const last = pieces.at(-1);
  if (last === undefined || last.text.length + line.text.length + 1 > TEXT_LIMIT) pieces.push(line);
  else
    pieces[pieces.length - 1] = {
      text: last.text === '' ? line.text : `${last.text}\n${line.text}`,
      plain: `${last.plain}\n${line.plain}`,
    };
}

/** A box with a coloured edge; a long one goes on in further messages, its buttons on the last. */
function cardParts(card: Card): Part[] {
  const { pieces, notes, keyboard, form } = gather(card);
  const rows = form ? [formRows(form.fields, form.submit)] : buttonRows(keyboard);
  const colour = card.tone === undefined ? undefined : COLOURS[card.tone];
  const footer = notes.length > 0 ? cut(notes.join('\n'), FOOTER_LIMIT) : undefined;
  if (pieces.length === 0) pieces.push({ text: '', plain: '' });
  const parts = pieces.map((piece, at): Part => {
    const first = at === 0;
    const last = at === pieces.length - 1;
    const title = first && card.title ? cut(card.title, TITLE_LIMIT) : undefined;
    const embed: JsonObject = {
      ...(title === undefined ? {} : { title: cut(escapeText(title), TITLE_LIMIT) }),
      description: piece.text === '' && title === undefined ? '…' : piece.text,
      ...(colour === undefined ? {} : { color: colour }),
      ...(last && footer !== undefined ? { footer: { text: footer } } : {}),
    };
    const body: DiscordBody = {
      content: '',
      embeds: [embed],
      ...(last && rows[0] ? { components: rows[0] } : {}),
      ...(last && form ? { form: { data: form.submit.data, fields: form.fields } } : {}),
    };
    const words = [first ? (card.title ?? '') : '', piece.plain, last ? (footer ?? '') : ''];
    return { kind: 'card', body: asJson(body), plain: words.filter((word) => word !== '').join('\n') };
  });
  for (const more of rows.slice(1))
    parts.push({ kind: 'card', body: { content: '…', components: more }, plain: '…' });
  return parts;
}

function gather(card: Card) {
  const texts: Root['children'] = [];
  const pieces: Piece[] = [];
  const notes: string[] = [];
  const keyboard: (readonly Button[])[] = [];
  let form: { fields: readonly FormField[]; submit: Button } | undefined;
  for (const block of card.blocks) {
    if (block.kind === 'text') texts.push(...parseMarkdown(block.markdown).children);
    else if (block.kind === 'code') texts.push({ type: 'code', lang: block.language, value: block.code });
    else if (block.kind === 'divider') texts.push({ type: 'thematicBreak' });
    else if (block.kind === 'note') notes.push(block.text);
    else if (block.kind === 'buttons') keyboard.push(...block.rows);
    else if (block.kind === 'form') form = { fields: block.fields, submit: block.submit };
    else texts.push({ type: 'paragraph', children: fieldLines(block.fields) });
  }
  pieces.push(...splitText({ type: 'root', children: texts }, EMBED_LIMIT));
  return { pieces, notes, keyboard, form };
}

function fieldLines(fields: readonly { readonly label: string; readonly value: string }[]) {
  return fields
    .flatMap(({ label, value }, at) => [
      ...(at > 0 ? [{ type: 'break' } as const] : []),
      { type: 'strong', children: [{ type: 'text', value: label }] } as const,
      { type: 'text', value: `: ${value}` } as const,
    ])
    .map((node) => structuredClone(node)) as Extract<
    Root['children'][number],
    { type: 'paragraph' }
  >['children'];
}

function fileParts(file: LocalFile, caption: string | undefined): Part[] {
  const { path, name, mime, size } = file;
  const pieces = caption ? splitText(parseMarkdown(caption), TEXT_LIMIT) : [];
  const [only] = pieces;
  const fits = pieces.length === 1 && only !== undefined;
  const body: DiscordBody = { content: fits ? only.text : '', file: { path, name, mime, size } };
  const part: Part = { kind: 'file', body: asJson(body), plain: fits ? only.plain : name };
  return caption && pieces.length > 1 ? [part, ...textParts(caption, undefined, [])] : [part];
}
