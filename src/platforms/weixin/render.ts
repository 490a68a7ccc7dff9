import type { Root } from 'mdast';
import type { Button, Card } from '../../core/card.ts';
import type { LocalFile, Outgoing, Part } from '../../core/outgoing.ts';
import { parseMarkdown } from '../../kit/markdown/parse.ts';
import { markdownToPlain, renderPlain } from '../../kit/markdown/plain.ts';
import { splitMarkdown } from '../../kit/markdown/split.ts';
import { isBlank } from '../../kit/markdown/text-boundary.ts';

/** Marks a message that may be there already. */
const REPEAT = '↻ ';
/** Code points a message may have; two of the service's 3,800 are left for the mark of a repeat. */
export const TEXT_LIMIT = 3800 - REPEAT.length;

/** A button as it is offered by number. */
export type Choice = { readonly label: string; readonly data: string };

/** Body of a text or card part; plain JSON, so that a part can be stored. */
export type TextBody = {
  readonly text: string;
  /** It continues the part before it. */
  readonly further?: boolean;
  /** What the numbers in it stand for. */
  readonly choices?: readonly Choice[];
};
export type FileBody = {
  readonly form: 'image' | 'video' | 'file';
  readonly path: string;
  readonly name: string;
};

/** Content as Weixin messages; at least one. Weixin shows text as it is, without any markup. */
export function renderParts(content: Outgoing): readonly Part[] {
  switch (content.kind) {
    case 'text':
      return textParts('text', withFooter(content.markdown, content.footer));
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
  return { ...part, body: { ...body, text: REPEAT + body.text }, plain: REPEAT + part.plain };
}

export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Parts of one chat, joined as long as they fit into a message. What offers choices stays the end of its message. */
export function mergeParts(parts: readonly Part[]): readonly Part[] {
  const merged: Part[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    const joined = last && join(last, part);
    if (joined) merged[merged.length - 1] = joined;
    else
      merged.push(
        merged.length > 0 && part.kind !== 'file' ? { ...part, body: { ...part.body, further: true } } : part,
      );
  }
  return merged;
}

function join(first: Part, second: Part): Part | undefined {
  if (first.kind === 'file' || second.kind === 'file') return undefined;
  const [a, b] = [first.body as TextBody, second.body as TextBody];
  if (a.choices) return undefined;
  const text = `${a.text}${b.further ? '\n' : '\n\n'}${b.text}`;
  if (codePoints(text) > TEXT_LIMIT) return undefined;
  const body: TextBody = {
    text,
    ...(a.further ? { further: true } : {}),
    ...(b.choices ? { choices: b.choices } : {}),
  };
  return { kind: second.kind, body, plain: text };
}

function withFooter(markdown: string, footer: string | undefined): string[] {
  const chunks = splitText(parseMarkdown(markdown));
  if (!footer) return chunks;
  const last = chunks.at(-1);
  const joined = last === undefined ? footer : `${last}\n\n${footer}`;
  if (codePoints(joined) > TEXT_LIMIT) return [...chunks, ...splitText(parseMarkdown(footer))];
  return [...chunks.slice(0, -1), joined];
}

function textParts(
  kind: 'text' | 'card',
  chunks: readonly string[],
  choices: readonly Choice[] = [],
): Part[] {
  const texts = chunks.length > 0 ? chunks : ['…'];
  return texts.map((text, at) => {
    const last = at === texts.length - 1;
    const body: TextBody = {
      text,
      ...(at > 0 ? { further: true } : {}),
      ...(last && choices.length > 0 ? { choices: [...choices] } : {}),
    };
    return { kind, body, plain: text };
  });
}

/** A document in as many texts as it takes for each to have at most `limit` code points. */
export function splitText(root: Root, limit = TEXT_LIMIT): string[] {
  const whole = renderPlain(root);
  if (isBlank(whole)) return [];
  if (codePoints(whole) <= limit) return [whole];
  return splitMarkdown(root, { limit, measure: (chunk) => codePoints(renderPlain(chunk)) })
    .map(renderPlain)
    .filter((text) => !isBlank(text));
}

function cardParts(card: Card): Part[] {
  const pieces: string[] = [];
  const notes: string[] = [];
  const buttons: Button[] = [];
  if (card.title) pieces.push(`【${card.title}】`);
  for (const block of card.blocks) {
    switch (block.kind) {
      case 'text':
        pieces.push(markdownToPlain(block.markdown));
        break;
      case 'code':
        pieces.push(block.code);
        break;
      case 'fields':
        pieces.push(block.fields.map(({ label, value }) => `${label}: ${markdownToPlain(value)}`).join('\n'));
        break;
      case 'divider':
        pieces.push('———');
        break;
      case 'note':
        notes.push(block.text);
        break;
      case 'buttons':
        buttons.push(...block.rows.flat());
        break;
      case 'form':
        // There are no forms here; the person answers by text.
        break;
    }
  }
  const words = pieces.filter((piece) => piece.trim() !== '').join('\n\n');
  const choices = numbered(words, buttons) ? [] : buttons.map(({ label, data }) => ({ label, data }));
  const list = choices.map(({ label }, at) => `${at + 1}  ${label}`).join('\n');
  const end = [list, ...notes].filter((piece) => piece !== '').join('\n\n');
  return textParts('card', withEnd(words, end), choices);
}

/** The words list the choices with numbers already, as questions do: what they mean is settled there. */
function numbered(words: string, buttons: readonly Button[]): boolean {
  const first = buttons[0]?.label.replace(/^☑ /, '');
  return first !== undefined && words.split('\n').some((line) => line.startsWith(`1. ${first}`));
}

/** The choices stay in one piece, with as much of the words before them as fits. */
function withEnd(words: string, end: string): string[] {
  const joined = [words, end].filter((piece) => piece !== '').join('\n\n');
  if (joined === '') return [];
  if (codePoints(joined) <= TEXT_LIMIT) return [joined];
  const chunks = cut(words);
  if (end === '') return chunks;
  const last = `${chunks.at(-1) ?? ''}\n\n${end}`;
  if (codePoints(last) <= TEXT_LIMIT) return [...chunks.slice(0, -1), last];
  return [...chunks, ...cut(end)];
}

/** Cuts plain words at line ends where it can. */
function cut(text: string): string[] {
  const paragraph = { type: 'paragraph' as const, children: [{ type: 'text' as const, value: text }] };
  return splitMarkdown(
    { type: 'root', children: [paragraph] },
    { limit: TEXT_LIMIT, measure: (chunk) => codePoints(renderPlain(chunk)) },
  ).map(renderPlain);
}

function fileParts(file: LocalFile, caption: string | undefined): Part[] {
  const body: FileBody = { form: formFor(file), path: file.path, name: file.name };
  return [
    { kind: 'file', body, plain: file.name },
    ...(caption?.trim() ? textParts('text', splitText(parseMarkdown(caption))) : []),
  ];
}

/** What Weixin shows by itself; the rest travels as a file. */
function formFor({ kind, mime }: LocalFile): FileBody['form'] {
  if (kind === 'image' && /^image\/(png|jpe?g|gif|webp)$/.test(mime)) return 'image';
  if (kind === 'video' && /^video\//.test(mime)) return 'video';
  return 'file';
}
