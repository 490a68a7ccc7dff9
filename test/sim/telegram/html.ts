import type { MessageEntity } from '@grammyjs/types';

/** Text after entity parsing, or the service's complaint. */
export type ParsedText =
  | { readonly ok: true; readonly text: string; readonly entities: MessageEntity[] }
  | { readonly ok: false; readonly description: string };

const simple: Readonly<Record<string, MessageEntity['type']>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  blockquote: 'blockquote',
  code: 'code',
  pre: 'pre',
};
const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

interface Open {
  readonly tag: string;
  readonly start: number;
  readonly entity: Record<string, unknown> | undefined;
}

const refuse = (why: string): ParsedText => ({
  ok: false,
  description: `Bad Request: can't parse entities: ${why}`,
});

function entityFor(tag: string, attributes: string): Record<string, unknown> | undefined {
  const href = /\bhref\s*=\s*"([^"]*)"/i.exec(attributes)?.[1];
  if (tag === 'a') return href ? { type: 'text_link', url: decode(href) } : undefined;
  if (tag === 'span') return { type: 'spoiler' };
  if (tag === 'blockquote' && /\bexpandable\b/.test(attributes)) return { type: 'expandable_blockquote' };
  const language = /\bclass\s*=\s*"language-([^"]*)"/.exec(attributes)?.[1];
  if (tag === 'code' && language) return { type: 'code', language };
  return { type: simple[tag] };
}

function decode(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (whole, name: string) => {
    if (name.startsWith('#x')) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)));
    return named[name] ?? whole;
  });
}

/** Reads the HTML style of the Bot API: few tags, strict nesting, four named character references. */
export function parseHtml(html: string, mostEntities = 100): ParsedText {
  let text = '';
  const entities: Record<string, unknown>[] = [];
  const stack: Open[] = [];
  const offset = (at: number) => Buffer.byteLength(html.slice(0, at));
  for (let at = 0; at < html.length; ) {
    if (html[at] !== '<') {
      const next = html.indexOf('<', at);
      const end = next < 0 ? html.length : next;
      text += decode(html.slice(at, end));
      at = end;
      continue;
    }
    const close = html.indexOf('>', at);
    if (close < 0) return refuse(`Unclosed start tag at byte offset ${offset(at)}`);
    const inside = html.slice(at + 1, close);
    if (inside.startsWith('/')) {
      const open = stack.pop();
      const tag = inside.slice(1).trim().toLowerCase();
      if (!open) return refuse(`Unexpected end tag at byte offset ${offset(at)}`);
      if (tag !== '' && tag !== open.tag)
        return refuse(
          `Unmatched end tag at byte offset ${offset(at)}, expected "</${open.tag}>", found "</${tag}>"`,
        );
      const inner = entities.at(-1);
      // Code with a language that fills a block is that block's language.
      if (open.tag === 'pre' && inner?.language && inner.offset === open.start)
        Object.assign(inner, { type: 'pre' });
      else if (open.entity && text.length > open.start)
        entities.push({ ...open.entity, offset: open.start, length: text.length - open.start });
    } else {
      const tag = /^[a-z0-9-]*/i.exec(inside)?.[0].toLowerCase() ?? '';
      if (!(tag in simple) && tag !== 'a' && tag !== 'span' && tag !== 'tg-emoji')
        return refuse(`Unsupported start tag "${tag}" at byte offset ${offset(at)}`);
      if (tag === 'span' && !/class\s*=\s*"tg-spoiler"/.test(inside))
        return refuse(`Tag "span" must have class "tg-spoiler" at byte offset ${offset(at)}`);
      if (tag === 'blockquote' && stack.some((open) => open.tag === tag))
        return refuse(`Tag "blockquote" is nested at byte offset ${offset(at)}`);
      if (stack.some((open) => open.tag === 'code' || (open.tag === 'pre' && tag !== 'code')))
        return refuse(`Tag "${tag}" inside of code at byte offset ${offset(at)}`);
      stack.push({ tag, start: text.length, entity: entityFor(tag, inside.slice(tag.length)) });
    }
    at = close + 1;
  }
  const left = stack.pop();
  if (left) return refuse(`Can't find end tag corresponding to start tag "${left.tag}"`);
  return trim(text, withoutOverlaps(entities), mostEntities);
}

/** Characters the service sees nothing in. */
const invisible = /[\s\u2800\p{Default_Ignorable_Code_Point}]/gu;

export const seesNothing = (text: string): boolean => text.replace(invisible, '') === '';

/** Entities that must not overlap others of their kind: the innermost code wins over a link around it. */
function withoutOverlaps(entities: Record<string, unknown>[]): Record<string, unknown>[] {
  const reach = (one: Record<string, unknown>) =>
    [Number(one.offset), Number(one.offset) + Number(one.length)] as const;
  const code = entities.filter(({ type }) => type === 'code' || type === 'pre').map(reach);
  return entities.filter((one) => {
    if (one.type !== 'text_link') return true;
    const [from, to] = reach(one);
    return !code.some(([start, end]) => start < to && end > from);
  });
}

/** The service drops white space around a text and moves its entities along; those beyond its limit are lost. */
export function trim(text: string, entities: Record<string, unknown>[] = [], mostEntities = 100): ParsedText {
  const lead = text.length - text.trimStart().length;
  const kept = text.trim();
  const moved = entities
    .map((entity) => {
      const start = Math.max(0, Number(entity.offset) - lead);
      const end = Math.min(kept.length, Number(entity.offset) + Number(entity.length) - lead);
      return { ...entity, offset: start, length: end - start };
    })
    .filter((entity) => entity.length > 0)
    .sort((a, b) => a.offset - b.offset || b.length - a.length)
    .slice(0, mostEntities);
  return { ok: true, text: kept, entities: moved as unknown as MessageEntity[] };
}
