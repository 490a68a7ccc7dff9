import type { Root, RootContent } from 'mdast';
import type { JsonObject } from '../../core/json.ts';
import type { LocalFile, Outgoing, Part } from '../../core/outgoing.ts';
import { parseMarkdown } from '../../kit/markdown/parse.ts';
import { renderPlain } from '../../kit/markdown/plain.ts';
import { splitMarkdown } from '../../kit/markdown/split.ts';
import type { MarkdownStream } from '../../kit/markdown/stream.ts';
import { isBlank } from '../../kit/markdown/text-boundary.ts';
import { cardMessages, cut, note, plainCard, sectionsOf } from './card.ts';
import { toSlackMarkdown } from './markdown.ts';
import { toMrkdwn } from './mrkdwn.ts';
import { sizer } from './sizer.ts';

/** What a part's `body` holds. */
export type TextBody = { readonly type: 'text'; readonly markdown: string; readonly footer?: string };
export type CardBody = { readonly type: 'card'; readonly blocks: readonly JsonObject[] };
export type FileBody = {
  readonly type: 'file';
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly caption?: string;
};
export type PartBody = TextBody | CardBody | FileBody;

/** All `markdown` blocks of a message together, in characters; a little is left for what a fence adds. */
export const MARKDOWN_LIMIT = 11_900;
/** A message is edited with at most this many bytes. */
export const UPDATE_BYTES = 3500;
/** The words beside the blocks: for notifications and readers that know no blocks. */
const FALLBACK = 1500;

/** Content as messages; at least one. */
export function renderParts(content: Outgoing): readonly Part[] {
  switch (content.kind) {
    case 'text':
      return textParts(content.markdown, content.footer, content.mentions ?? []);
    case 'card': {
      const plain = plainCard(content.card);
      return cardMessages(content.card).map((blocks, at) => ({
        kind: 'card',
        body: { type: 'card', blocks },
        plain: at === 0 ? plain : '…',
      }));
    }
    case 'file':
      return fileParts(content.file, content.caption);
  }
}

/** The beginning of a running text as the body of one message. */
export function renderPreview(
  markdown: string,
  status: string | undefined,
  growing: MarkdownStream,
): { body: TextBody; plain: string } {
  const measure = (root: Root) => root.children.reduce((sum, node) => sum + shownBlock(node).bytes + 2, -2);
  const [first] = splitMarkdown(growing.root(markdown), { limit: UPDATE_BYTES - 500, measure });
  const blocks = first ? first.children.map(shownBlock) : [];
  const text = paragraphs(blocks.map((block) => block.text));
  const plain = paragraphs(blocks.map((block) => block.plain));
  return {
    body: { type: 'text', markdown: text, ...(status ? { footer: cut(status, 200) } : {}) },
    plain: plain || status || '…',
  };
}

interface ShownBlock {
  readonly text: string;
  readonly plain: string;
  readonly bytes: number;
}

/** Blocks of growing texts: all but the last come again unchanged with every update. */
const shownBlocks = new WeakMap<RootContent, ShownBlock>();

function shownBlock(node: RootContent): ShownBlock {
  const known = shownBlocks.get(node);
  if (known !== undefined) return known;
  const root: Root = { type: 'root', children: [node] };
  const text = toSlackMarkdown(root);
  const shown = { text, plain: renderPlain(root), bytes: Buffer.byteLength(text) };
  shownBlocks.set(node, shown);
  return shown;
}

const paragraphs = (parts: readonly string[]): string => parts.filter((part) => part !== '').join('\n\n');

/** The fields of a post or an edit that show a body. `modern`: with a `markdown` block, else with sections. */
export function messageOf(
  body: TextBody | CardBody,
  plain: string,
  modern: boolean,
): { text: string; blocks: JsonObject[] } {
  const text = cut(isBlank(plain) ? '…' : plain, FALLBACK);
  if (body.type === 'card') return { text: escapeFallback(text), blocks: [...body.blocks] };
  const blocks: JsonObject[] = [];
  if (!isBlank(body.markdown)) {
    if (modern) blocks.push({ type: 'markdown', text: body.markdown });
    else blocks.push(...sectionsOf(parseMarkdown(body.markdown)).slice(0, 45));
  }
  if (body.footer) blocks.push(note(body.footer));
  if (blocks.length === 0) blocks.push(note('…'));
  return { text: escapeFallback(text), blocks };
}

const escapeFallback = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

function textParts(markdown: string, footer: string | undefined, mentions: readonly string[]): Part[] {
  const people = mentions.map((id) => (id === '*' ? '<!channel>' : `<@${id}>`)).join(' ');
  const limit = MARKDOWN_LIMIT - people.length - 2;
  const pieces = splitText(parseMarkdown(markdown), limit);
  if (pieces.length === 0) pieces.push({ text: '…', plain: '…' });
  return pieces.map(({ text, plain }, at) => {
    const last = at === pieces.length - 1;
    const whole = at === 0 && people !== '' ? `${people}\n\n${text}` : text;
    const body: TextBody = { type: 'text', markdown: whole, ...(last && footer ? { footer } : {}) };
    return { kind: 'text', body, plain: last && footer ? `${plain}\n\n${footer}` : plain };
  });
}

/** A document in as many pieces as it takes for each to have at most `limit` UTF-16 units. */
export function splitText(root: Root, limit: number): { text: string; plain: string }[] {
  const measure = sizer((chunk) => toSlackMarkdown(chunk).length);
  return splitMarkdown(root, { limit, measure })
    .map((chunk) => ({ text: toSlackMarkdown(chunk), plain: renderPlain(chunk) }))
    .filter(({ text, plain }) => !isBlank(text) && !isBlank(plain));
}

function fileParts(file: LocalFile, caption: string | undefined): Part[] {
  const body: FileBody = { type: 'file', path: file.path, name: file.name, size: file.size };
  // A comment on a file is shown in the older dialect only.
  const words = caption === undefined ? '' : toMrkdwn(parseMarkdown(caption));
  if (words.length > 0 && words.length <= 2000 && caption !== undefined)
    return [{ kind: 'file', body: { ...body, caption: words }, plain: caption }];
  return [
    { kind: 'file', body, plain: file.name },
    ...(words === '' ? [] : textParts(caption ?? '', undefined, [])),
  ];
}
