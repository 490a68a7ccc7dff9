/** Cutting keys, sections and list elements out of a text. */
import type { AST } from 'toml-eslint-parser';
import type { Splice } from './edit-apply.ts';
import {
  type Document,
  firstLine,
  lastLine,
  lineEnd,
  lineStart,
  type Pair,
  pairAt,
  tablesBelow,
  valueNodeAt,
} from './edit-document.ts';
import { EditRefused } from './edit-refused.ts';
import { type KeyPath, startsWith } from './keypath.ts';

/** The cuts that take away everything at and below `path`. */
export function removalSplices(doc: Document, path: KeyPath): Splice[] {
  const index = path.at(-1);
  const list = typeof index === 'number' ? valueNodeAt(doc, path.slice(0, -1)) : undefined;
  if (list?.type === 'TOMLArray' && typeof index === 'number') return [cutElement(doc, list, index)];
  const inline = pairAt(doc, path);
  if (inline?.inline) return [cutInlinePair(inline, inline.inline)];
  const tables = tablesBelow(doc, path);
  const pairs = doc.pairs.filter(
    (pair) => !pair.inline && startsWith(pair.path, path) && !(pair.table && tables.includes(pair.table)),
  );
  const cuts = [...sectionCuts(doc, tables), ...pairs.map((pair) => cutLines(doc, pair.node))];
  if (cuts.length === 0) throw new EditRefused('nothing stands there');
  return cuts;
}

/** One cut for each run of neighbouring sections, with the comments directly above the run's first header. */
function sectionCuts(doc: Document, tables: readonly AST.TOMLTable[]): Splice[] {
  const cuts: Splice[] = [];
  let run: AST.TOMLTable[] = [];
  const close = (): void => {
    const first = run[0];
    const last = run.at(-1);
    if (first && last)
      cuts.push(cutRange(doc, lineStart(doc, firstLine(doc, first)), lineEnd(doc, lastLine(doc, last))));
    run = [];
  };
  for (const table of doc.tables) {
    if (tables.includes(table)) run.push(table);
    else close();
  }
  close();
  return cuts;
}

/** A cut that leaves one blank line where there was one on both sides. */
function cutRange(doc: Document, start: number, end: number): Splice {
  const before = doc.text.slice(0, start);
  const blank = /^[ \t]*\r?\n/.exec(doc.text.slice(end));
  const doubled = blank && (before.trim() === '' || /\n[ \t\r]*\n$/.test(before));
  return { start, end: doubled ? end + blank[0].length : end, text: '' };
}

function cutLines(doc: Document, node: AST.TOMLKeyValue): Splice {
  return { start: lineStart(doc, node.loc.start.line), end: lineEnd(doc, node.loc.end.line), text: '' };
}

function cutInlinePair(pair: Pair, table: AST.TOMLInlineTable): Splice {
  const at = table.body.indexOf(pair.node);
  const next = table.body[at + 1];
  const previous = table.body[at - 1];
  if (next) return { start: pair.node.range[0], end: next.range[0], text: '' };
  if (previous) return { start: previous.range[1], end: pair.node.range[1], text: '' };
  return { start: table.range[0], end: table.range[1], text: '{}' };
}

/** Cuts one element of an inline list with its comma, and its whole line when nothing else stands on it. */
export function cutElement(doc: Document, list: AST.TOMLArray, index: number): Splice {
  const element = list.elements[index];
  if (!element) throw new EditRefused('the list has no such element');
  const limit = list.elements[index + 1]?.range[0] ?? list.range[1];
  const comma = commaBetween(doc, element.range[1], limit);
  const end = comma ?? element.range[1];
  const start = element.range[0];
  const first = lineStart(doc, element.loc.start.line);
  const last = lineEnd(doc, element.loc.end.line);
  const alone =
    doc.text.slice(first, start).trim() === '' && /^[ \t]*(#.*)?\r?\n$/.test(doc.text.slice(end, last));
  if (alone) return { start: first, end: last, text: '' };
  const gap = /^[ \t]*/.exec(doc.text.slice(end))?.[0].length ?? 0;
  return { start, end: comma === undefined ? end : end + gap, text: '' };
}

/** The offset behind the comma between two offsets, comments not counted. */
export function commaBetween(doc: Document, from: number, to: number): number | undefined {
  const token = doc.program.tokens.find(
    ({ type, value, range }) => type === 'Punctuator' && value === ',' && range[0] >= from && range[1] <= to,
  );
  return token?.range[1];
}
