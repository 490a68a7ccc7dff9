import type { Root } from 'mdast';
import type { Card } from '../../core/card.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Outgoing, Part } from '../../core/outgoing.ts';
import { parseMarkdown } from '../../kit/markdown/parse.ts';
import { renderPlain } from '../../kit/markdown/plain.ts';
import { splitMarkdown } from '../../kit/markdown/split.ts';
import { isBlank } from '../../kit/markdown/text-boundary.ts';
import {
  type ButtonHome,
  blockElements,
  cardBytes,
  cardFrame,
  headerOf,
  markdownElement,
  noteElement,
  plainCard,
  tablesPerBlock,
  toCardJson,
} from './card.ts';
import { countTables, type DialectOptions, toFeishu } from './dialect.ts';

export interface RenderOptions {
  /** Answers as cards; else as posts. */
  readonly cards: boolean;
  readonly home: ButtonHome;
  readonly mention?: DialectOptions['mention'];
}

/** Tables in one card; the service refuses a sixth (11310). */
const cardTables = 5;
/** What the frame, the footer and the chat-list line need. */
const frameBytes = 1_500;

/** What a text costs inside a request, where it is JSON within JSON. */
export function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(text)));
}

/** Renders what the engine wants said into messages of their own. Pure. */
export function render(content: Outgoing, options: RenderOptions): readonly Part[] {
  if (content.kind === 'card')
    return options.cards ? cardParts(content.card, options) : cardAsText(content.card, options);
  if (content.kind === 'file') {
    const { file, caption } = content;
    const part: Part = {
      kind: 'file',
      body: { type: 'upload', file: { ...file } },
      plain: caption ?? file.name,
    };
    return caption ? [...textParts(caption, options), part] : [part];
  }
  return textParts(content.markdown, options, content.footer, content.mentions);
}

function textParts(
  markdown: string,
  options: RenderOptions,
  footer?: string,
  mentions?: readonly string[],
): Part[] {
  const dialect: DialectOptions = {
    tables: options.cards ? cardTables : 0,
    post: !options.cards,
    mention: options.mention,
  };
  const tag = options.cards
    ? (id: string) => `<at id=${id}></at>`
    : (id: string) => `<at user_id="${id}"></at>`;
  const at = (mentions ?? []).map((id) => tag(id === '*' ? 'all' : id)).join(' ');
  const limit = cardBytes - frameBytes - jsonBytes(at) - jsonBytes(footer ?? '');
  const pieces = splitText(parseMarkdown(markdown), limit, dialect);
  if (pieces.length === 0) pieces.push({ text: '…', plain: '…' });
  return pieces.map(({ text, plain }, index) =>
    textPart(
      index === 0 && at !== '' ? `${at}\n${text}` : text,
      plain,
      index === pieces.length - 1 ? footer : undefined,
      options,
    ),
  );
}

/** A document in as many pieces as it takes for each to have at most `limit` bytes in a request and five tables. */
export function splitText(
  root: Root,
  limit: number,
  dialect: DialectOptions,
): { text: string; plain: string }[] {
  const measure = (chunk: Root) =>
    countTables(chunk) > cardTables ? limit + countTables(chunk) : jsonBytes(toFeishu(chunk, dialect));
  return splitMarkdown(root, { limit, measure })
    .map((chunk) => ({ text: toFeishu(chunk, dialect), plain: renderPlain(chunk) }))
    .filter(({ plain }) => !isBlank(plain));
}

function textPart(text: string, words: string, footer: string | undefined, options: RenderOptions): Part {
  const plain = footer === undefined ? words : `${words}\n\n${footer}`;
  if (!options.cards) {
    const lines = [[{ tag: 'md', text }], ...(footer === undefined ? [] : [[{ tag: 'text', text: footer }]])];
    return { kind: 'text', body: { type: 'post', content: { zh_cn: { content: lines } } }, plain };
  }
  const elements: JsonObject[] = [markdownElement(text, 'text')];
  if (footer !== undefined) elements.push(noteElement(footer));
  return { kind: 'text', body: { type: 'interactive', content: cardFrame(elements, words) }, plain };
}

function cardAsText(card: Card, options: RenderOptions): Part[] {
  const title = card.title === undefined ? '' : `**${card.title}**\n\n`;
  const { title: _none, ...rest } = card;
  return textParts(title + plainCard(rest).replace(/\n/g, '  \n'), options);
}

/** One card; a long one goes on in further cards, its buttons on the last. */
function cardParts(card: Card, options: RenderOptions): Part[] {
  const whole = toCardJson(card, options.home);
  const plain = plainCard(card);
  const size = jsonBytes(JSON.stringify(whole));
  if (size <= cardBytes && !cut(card))
    return [{ kind: 'card', body: { type: 'interactive', content: whole }, plain }];
  const tables = tablesPerBlock(card);
  const groups: JsonObject[][] = [[]];
  let used = 0;
  for (const [at, block] of card.blocks.entries())
    for (const element of splitBlock(block, at, options, tables)) {
      const bytes = jsonBytes(JSON.stringify(element));
      if (used > 0 && used + bytes > cardBytes - frameBytes) {
        groups.push([]);
        used = 0;
      }
      groups.at(-1)?.push(element);
      used += bytes;
    }
  return groups.map((elements, index) => {
    const content = cardFrame(elements, plain, index === 0 ? headerOf(card) : undefined);
    return { kind: 'card', body: { type: 'interactive', content }, plain: index === 0 ? plain : '' };
  });
}

/** Whether one card would show a block shortened. */
const cut = (card: Card): boolean =>
  card.blocks.some((block) => 'code' in block && Buffer.byteLength(block.code) > cardBytes / 2);

/** A text or code block in pieces that fit a card. */
function splitBlock(
  block: Card['blocks'][number],
  at: number,
  options: RenderOptions,
  tables: number,
): JsonObject[] {
  if (block.kind !== 'text' && block.kind !== 'code') return blockElements(block, at, options.home, tables);
  const root: Root =
    block.kind === 'text'
      ? parseMarkdown(block.markdown)
      : { type: 'root', children: [{ type: 'code', lang: block.language, value: block.code }] };
  const dialect: DialectOptions = { tables: 0, post: false };
  const measure = (chunk: Root) => jsonBytes(JSON.stringify(toFeishu(chunk, dialect)));
  return splitMarkdown(root, { limit: 10_000, measure }).map((chunk) =>
    markdownElement(toFeishu(chunk, dialect)),
  );
}
