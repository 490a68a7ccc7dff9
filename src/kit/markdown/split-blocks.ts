import type { Code, Heading, List, ListItem, Paragraph, RootContent, Table } from 'mdast';
import { inlineText, sliceInline } from './inline-slice.ts';
import { boundaryBefore, graphemeBefore } from './text-boundary.ts';

/** Whether blocks fit into what is left of a chunk. */
export type Fits = (nodes: RootContent[]) => boolean;

/** What goes into this chunk and what is left for later ones, in order. */
export interface Taken {
  head: RootContent[];
  tail: RootContent[];
}

/**
 * Takes as many blocks as fit and a part of the next one. A block that a chunk
 * of its own could hold whole is left for it, with the heading above it.
 * `fresh` tells what an otherwise empty chunk holds at this nesting.
 */
export function takeBlocks(blocks: readonly RootContent[], fits: Fits, fresh: Fits): Taken {
  const count = largestFit(blocks.length, (n) => fits(blocks.slice(0, n)));
  const head = blocks.slice(0, count);
  const tail = blocks.slice(count);
  const next = tail[0];
  if (next === undefined) return { head, tail };
  if (count > 0 && !isContainer(next) && fresh([next])) return keepHeading(head, tail, fresh);
  const parts = splitBlock(next, (piece) => fits([...head, ...piece]), fresh);
  if (parts === undefined) return { head, tail };
  return { head: [...head, ...parts.head], tail: [...parts.tail, ...tail.slice(1)] };
}

/** The greatest n in 0…max for which `fits(n)`, assuming it holds for all smaller ones; gallops, then bisects. */
export function largestFit(max: number, fits: (n: number) => boolean): number {
  let low = 0;
  let high = 1;
  while (high <= max && fits(high)) {
    low = high;
    high = Math.min(high * 2, max);
    if (low === max) return max;
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function isContainer(node: RootContent): boolean {
  return node.type === 'list' || node.type === 'blockquote' || node.type === 'footnoteDefinition';
}

function keepHeading(head: RootContent[], tail: RootContent[], fresh: Fits): Taken {
  const last = head.at(-1);
  const next = tail[0];
  if (head.length < 2 || last?.type !== 'heading' || next === undefined || !fresh([last, next]))
    return { head, tail };
  return { head: head.slice(0, -1), tail: [last, ...tail] };
}

/** A part of the block that fits, and the rest; undefined when no part does. */
function splitBlock(node: RootContent, fits: Fits, fresh: Fits): Taken | undefined {
  switch (node.type) {
    case 'code':
      return splitCode(node, fits);
    case 'table':
      return splitTable(node, fits);
    case 'list':
      return splitList(node, fits, fresh);
    case 'blockquote':
    case 'footnoteDefinition': {
      const wrap = (children: RootContent[]) => [{ ...node, children } as RootContent];
      const { head, tail } = takeBlocks(
        node.children,
        (piece) => fits(wrap(piece)),
        (piece) => fresh(wrap(piece)),
      );
      return head.length === 0 ? undefined : { head: wrap(head), tail: tail.length === 0 ? [] : wrap(tail) };
    }
    case 'paragraph':
    case 'heading':
      return splitText(node, fits);
    default:
      return undefined;
  }
}

function splitCode(node: Code, fits: Fits): Taken | undefined {
  const { value } = node;
  const piece = (text: string): Code => ({ ...node, value: text });
  const ends = lineEnds(value);
  const count = largestFit(ends.length, (n) => fits([piece(value.slice(0, ends[n - 1]))]));
  if (count > 0) {
    const end = ends[count - 1] ?? value.length;
    return {
      head: [piece(value.slice(0, end))],
      tail: end >= value.length ? [] : [piece(value.slice(end + 1))],
    };
  }
  const line = value.slice(0, ends[0]);
  const most = largestFit(line.length, (n) => fits([piece(line.slice(0, n))]));
  const at = graphemeBefore(line, most);
  if (at === 0) return undefined;
  return { head: [piece(value.slice(0, at))], tail: [piece(value.slice(at))] };
}

function lineEnds(text: string): number[] {
  const ends: number[] = [];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) ends.push(at);
  ends.push(text.length);
  return ends;
}

function splitTable(node: Table, fits: Fits): Taken | undefined {
  const [header, ...rows] = node.children;
  if (header === undefined) return undefined;
  const piece = (from: number, to?: number): Table => ({
    ...node,
    children: [header, ...rows.slice(from, to)],
  });
  const count = largestFit(rows.length, (n) => fits([piece(0, n)]));
  return count === 0
    ? undefined
    : { head: [piece(0, count)], tail: count === rows.length ? [] : [piece(count)] };
}

function splitList(node: List, fits: Fits, fresh: Fits): Taken | undefined {
  const items = node.children;
  const from = (at: number): List => ({
    ...node,
    start: node.ordered ? (node.start ?? 1) + at : node.start,
    children: items.slice(at),
  });
  const count = largestFit(items.length, (n) => fits([{ ...node, children: items.slice(0, n) }]));
  if (count > 0) {
    return {
      head: [{ ...node, children: items.slice(0, count) }],
      tail: count === items.length ? [] : [from(count)],
    };
  }
  const [first] = items;
  if (first === undefined || fresh([{ ...node, children: [first] }])) return undefined;
  const wrap = (children: RootContent[]): RootContent[] => [
    { ...node, children: [{ ...first, children: children as ListItem['children'] }] },
  ];
  const { head, tail } = takeBlocks(
    first.children,
    (piece) => fits(wrap(piece)),
    (piece) => fresh(wrap(piece)),
  );
  if (head.length === 0) return undefined;
  // The rest of the item goes on without a bullet, which would look like a new item.
  return { head: wrap(head), tail: items.length > 1 ? [...tail, from(1)] : tail };
}

function splitText(node: Paragraph | Heading, fits: Fits): Taken | undefined {
  const text = inlineText(node.children);
  const piece = (from: number, to: number) => ({ ...node, children: sliceInline(node.children, from, to) });
  const most = largestFit(text.length, (n) => fits([piece(0, n)]));
  if (most === 0) return undefined;
  let at = boundaryBefore(text, most);
  if (at < most && at > 0 && !fits([piece(0, at)])) at = graphemeBefore(text, most);
  if (at === 0) return undefined;
  let next = at;
  while (at > 1 && /\s/.test(text.charAt(at - 1))) at--;
  while (next < text.length && /\s/.test(text.charAt(next))) next++;
  return { head: [piece(0, at)], tail: next >= text.length ? [] : [piece(next, text.length)] };
}
