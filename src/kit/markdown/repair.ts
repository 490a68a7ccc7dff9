import type { Code, Heading, Nodes, Paragraph, Root, TableRow } from 'mdast';
import { parseAnew } from './parse.ts';
import { danglingInline } from './repair-inline.ts';

/** A fence opened by a line: what closes it, and the container prefix its lines carry. */
interface Fence {
  char: string;
  length: number;
  prefix: string;
}

const DELIMITER_ROW = /^[ \t>|:-]*$/;

/**
 * Completes the Markdown of a stream that stops anywhere: open fences,
 * emphasis and code are closed, half links show their text, a table shows
 * before its delimiter row is whole, and marks that only the next characters
 * will explain are held back. A finished document comes back unchanged as far
 * as its rendering goes. `parsed`: the document of this very text, where it is known.
 */
export function repairMarkdown(text: string, parsed?: Root): string {
  const whole = text.replace(/[\ud800-\udbff]$/, '');
  const lines = whole.split('\n');
  const block = lastBlock(parsed !== undefined && whole === text ? parsed : parseAnew(whole));
  if (block?.type === 'code') {
    const fence = openFence(block, lines);
    return fence === undefined ? whole : closeFence(lines, fence);
  }
  const last = lines.length - 1;
  lines[last] = heldBack(lines[last] ?? '', lines[last - 1] ?? '');
  const start = (block?.position?.start.line ?? lines.length) - 1;
  const end = block?.position?.end.line ?? start + 1;
  const open = lines.slice(start);
  // Behind a blank line, or a new bullet, the block is over and cannot be completed any more.
  if (block === undefined || lines.slice(end).some((line, at) => line.trim() !== '' || at > 0))
    return lines.join('\n');
  const table = block.type === 'paragraph' ? unfinishedTable(open) : undefined;
  const tail = table ?? [danglingInline(open.join('\n'))];
  return [...lines.slice(0, start), ...tail].join('\n');
}

/** The last block that holds text: where a stream that stopped would go on. */
function lastBlock(root: Root): Paragraph | Heading | TableRow | Code | undefined {
  let node: Nodes | undefined = root;
  while (node !== undefined) {
    if (node.type === 'code' || node.type === 'paragraph' || node.type === 'heading') return node;
    if (node.type === 'tableRow') return node;
    node = 'children' in node ? node.children.at(-1) : undefined;
  }
  return undefined;
}

/** The fence of a code block that nothing has closed. */
function openFence(node: Code, lines: readonly string[]): Fence | undefined {
  const position = node.position;
  if (position === undefined || lines.slice(position.end.line).some((line) => line.trim() !== ''))
    return undefined;
  const opening = lines[position.start.line - 1] ?? '';
  const prefix = opening.slice(0, position.start.column - 1);
  const marks = /^(?:`{3,}|~{3,})/.exec(opening.slice(prefix.length))?.[0];
  if (marks === undefined) return undefined; // indented code
  const char = marks.charAt(0);
  const last = lines[position.end.line - 1] ?? '';
  const closing = new RegExp(`^[\\s>]*${char}{${marks.length},}[ \\t]*$`);
  if (position.end.line > position.start.line && closing.test(last)) return undefined;
  return { char, length: marks.length, prefix: prefix.replace(/[^>\s]/g, ' ') };
}

function closeFence(lines: string[], fence: Fence): string {
  const last = lines.at(-1) ?? '';
  const body = last.replace(/^[\s>]*/, '');
  const partial =
    lines.length > 1 && body !== '' && body.length < fence.length && body === fence.char.repeat(body.length);
  const kept = partial ? lines.slice(0, -1) : lines;
  return [...kept, fence.prefix + fence.char.repeat(fence.length)].join('\n');
}

/** The last line without a mark that may yet become a fence, a heading line, a bullet or a rule. */
function heldBack(line: string, before: string): string {
  if (/^[ \t>]*(`{1,2}|~{1,2})$/.test(line)) return '';
  if (/^[ \t>]*(#{1,6}|[*+-]|\d{1,9}[.)])[ \t]*$/.test(line)) return '';
  // Under a line of text these would make it a heading for a moment.
  if (before.trim() !== '' && /^[ \t>]*(-+|=+)[ \t]*$/.test(line)) return '';
  return line;
}

/** A header row whose delimiter row has not come yet or is not whole; the rows below are as they are. */
function unfinishedTable(block: readonly string[]): string[] | undefined {
  const [header = '', delimiter] = block;
  const columns = cells(header);
  if (!/^[ \t>]*\|/.test(header) || columns === 0 || block.length > 2) return undefined;
  if (delimiter === undefined && !header.trimEnd().endsWith('|')) return undefined;
  if (delimiter !== undefined && (!DELIMITER_ROW.test(delimiter) || cells(delimiter) === columns)) {
    // `|---|---|` is whole only with the last dash in place; a row of text is no delimiter row at all.
    if (!DELIMITER_ROW.test(delimiter) || /-/.test(delimiter.split('|').at(-1) || '-')) return undefined;
  }
  const prefix = /^[ \t>]*/.exec(header)?.[0] ?? '';
  return [header, `${prefix}|${' --- |'.repeat(columns)}`];
}

function cells(row: string): number {
  const inner = row
    .trim()
    .replace(/^[>\s]*\|?/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).length;
}
