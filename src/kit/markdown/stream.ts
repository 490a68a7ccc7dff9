import type { Root, RootContent } from 'mdast';
import { knownBeginning, rememberBeginning } from './beginnings.ts';
import { parseAnew } from './parse.ts';
import { hasReferences } from './references.ts';
import { repairMarkdown } from './repair.ts';

/**
 * The document of a text that grows: each call repairs and parses only what
 * may still change, the last top-level block. Parsing a whole answer anew for
 * every update would cost quadratic time. A text that has given up its
 * beginning, be it for a paragraph that says so, keeps the blocks that are
 * still in it; any other that does not continue the one before is parsed from
 * its beginning. Links to definitions that come later than their block stay
 * text until the final, whole parse.
 */
export class MarkdownStream {
  #settledText = '';
  #settled: readonly RootContent[] = [];
  /** Where in the settled text each of its blocks begins. */
  #starts: readonly number[] = [];

  /** The document so far, as if it ended here. Nodes are shared between calls: do not change them. */
  root(text: string): Root {
    this.#begin(text);
    const rest = text.slice(this.#settledText.length);
    const parsed = parseAnew(rest);
    const repaired = repairMarkdown(rest, parsed);
    const before = this.#settled;
    const start = settledUpTo(rest, parsed);
    const splits = start > 0;
    if (splits) this.#settle(text.slice(0, this.#settledText.length + start), parsed.children.slice(0, -1));
    if (repaired === rest) return { type: 'root', children: [...before, ...parsed.children] };
    // The repair is at the end, so what is settled needs no second look.
    if (splits && repaired.startsWith(rest.slice(0, start)))
      return { type: 'root', children: [...this.#settled, ...parseAnew(repaired.slice(start)).children] };
    return { type: 'root', children: [...before, ...parseAnew(repaired).children] };
  }

  /**
   * Parses what cannot change any more, mostly all but the last block, so that it need not be done when the text is
   * shown.
   * @returns how much of the text is settled, in characters
   */
  advance(text: string): number {
    this.#begin(text);
    const rest = text.slice(this.#settledText.length);
    if (hasReferences(rest)) return this.#settledText.length;
    const parsed = parseAnew(rest);
    const start = settledUpTo(rest, parsed);
    if (isClosed(rest, parsed)) this.#settle(text, parsed.children);
    else if (start > 0)
      this.#settle(text.slice(0, this.#settledText.length + start), parsed.children.slice(0, -1));
    return this.#settledText.length;
  }

  /** Goes on behind what is settled, here or by another stream of the same text. */
  #begin(text: string): void {
    if (!text.startsWith(this.#settledText)) this.#moveOn(text);
    const known = knownBeginning(text);
    if (known === undefined || known.text.length <= this.#settledText.length) return;
    this.#settledText = known.text;
    this.#settled = known.blocks;
    this.#starts = known.starts;
  }

  /** Keeps the blocks that the text still has, at its beginning or behind its first paragraph. */
  #moveOn(text: string): void {
    const gap = text.indexOf('\n\n');
    const heads = gap < 0 ? [0] : [0, gap + 2];
    for (const [index, at] of this.#starts.entries()) {
      // Behind a blank line a block is what it is, whatever stands before it.
      if (at > 0 && !this.#settledText.startsWith('\n\n', at - 2)) continue;
      const rest = this.#settledText.slice(at);
      const head = heads.find((from) => text.startsWith(rest, from));
      if (head === undefined) continue;
      const first = parseAnew(text.slice(0, head)).children;
      this.#starts = [...startsOf(first, 0), ...this.#starts.slice(index).map((was) => was - at + head)];
      this.#settled = [...first, ...this.#settled.slice(index)];
      this.#settledText = text.slice(0, head + rest.length);
      return;
    }
    this.#settledText = '';
    this.#settled = [];
    this.#starts = [];
  }

  #settle(text: string, blocks: readonly RootContent[]): void {
    this.#starts = [...this.#starts, ...startsOf(blocks, this.#settledText.length)];
    this.#settled = [...this.#settled, ...blocks];
    this.#settledText = text;
    rememberBeginning({ text, blocks: this.#settled, starts: this.#starts });
  }
}

function startsOf(blocks: readonly RootContent[], from: number): number[] {
  return blocks.map(({ position }) => from + (position?.start.offset ?? 0));
}

/** Where the last block begins, if all before it stays as it is whatever follows; else 0. */
function settledUpTo(rest: string, parsed: Root): number {
  const start = parsed.children.at(-1)?.position?.start.offset ?? 0;
  // Only a block at the line's beginning starts there whatever stood before it.
  return start > 0 && rest.charAt(start - 1) === '\n' && !hasReferences(rest) ? start : 0;
}

/** Blocks that a blank line ends, whatever comes behind it. A list goes on there. */
const closable: ReadonlySet<RootContent['type']> = new Set([
  'paragraph',
  'heading',
  'code',
  'table',
  'thematicBreak',
]);

/** Whether the last block has come to its end, so that what follows is another one. */
function isClosed(rest: string, parsed: Root): boolean {
  const last = parsed.children.at(-1);
  const { start, end } = last?.position ?? {};
  if (!last || start?.offset === undefined || end?.offset === undefined || !closable.has(last.type))
    return false;
  // Indented code goes on behind blank lines; an open fence ends with the text, blank lines and all.
  if (last.type === 'code' && !/[`~]/.test(rest.charAt(start.offset))) return false;
  return /^[ \t]*\n(?:[ \t]*\n)+$/.test(rest.slice(end.offset));
}
