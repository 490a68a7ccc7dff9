/** Changing a list in place, so that the comments between its elements stay. */
import type { AST } from 'toml-eslint-parser';
import type { Splice } from './edit-apply.ts';
import { type Document, lineEnd, lineStart } from './edit-document.ts';
import { EditRefused } from './edit-refused.ts';
import { commaBetween, cutElement } from './edit-remove.ts';
import { sameToml, type TomlValue } from './toml.ts';
import { writeValue } from './toml-write.ts';

/** The splices that make the list hold `wanted`. Elements may be added at the end or taken out; else it is rewritten. */
export function editArray(doc: Document, list: AST.TOMLArray, wanted: readonly TomlValue[]): Splice[] {
  const oneLine = list.loc.start.line === list.loc.end.line;
  if (oneLine) return [rewrite(doc, list, wanted)];
  const values = list.elements.map(scalarOf);
  const kept = subsequence(values, wanted);
  if (kept && kept.length === wanted.length) {
    const gone = values.map((_, index) => index).filter((index) => !kept.includes(index));
    return gone.map((index) => cutElement(doc, list, index));
  }
  const extended = values.length > 0 && values.every((value, index) => sameToml(value, wanted[index]));
  if (extended) return appendTo(doc, list, wanted.slice(values.length));
  return [rewrite(doc, list, wanted)];
}

function appendTo(doc: Document, list: AST.TOMLArray, added: readonly TomlValue[]): Splice[] {
  const last = list.elements.at(-1);
  if (!last) throw new EditRefused('the list is empty');
  const comma = commaBetween(doc, last.range[1], list.range[1]);
  if (list.loc.end.line === last.loc.end.line) {
    const text = added.map((value) => `, ${writeValue(value)}`).join('');
    return [{ start: last.range[1], end: last.range[1], text }];
  }
  const indent = /^[ \t]*/.exec(doc.text.slice(lineStart(doc, last.loc.start.line)))?.[0] ?? '';
  const end = comma ?? last.range[1];
  const at = lineEnd(doc, lineOf(doc, end));
  const lines = added.map((value) => `${indent}${writeValue(value)},\n`).join('');
  const splices: Splice[] = [{ start: at, end: at, text: lines }];
  if (comma === undefined) splices.push({ start: last.range[1], end: last.range[1], text: ',' });
  return splices;
}

function rewrite(doc: Document, list: AST.TOMLArray, wanted: readonly TomlValue[]): Splice {
  const [start, end] = list.range;
  if (doc.program.comments.some(({ range }) => range[0] >= start && range[1] <= end)) {
    throw new EditRefused('the list holds comments');
  }
  const multiline = list.loc.start.line !== list.loc.end.line && wanted.length > 0;
  if (!multiline) return { start, end, text: writeValue([...wanted]) };
  const indent = /^[ \t]*/.exec(doc.text.slice(lineStart(doc, list.loc.start.line)))?.[0] ?? '';
  const lines = wanted.map((value) => `${indent}  ${writeValue(value)},\n`).join('');
  return { start, end, text: `[\n${lines}${indent}]` };
}

function lineOf(doc: Document, offset: number): number {
  const next = doc.lines.findIndex((start) => start > offset);
  return next < 0 ? doc.lines.length : next;
}

/** Where the wanted values stand in the list, in order; undefined when one is missing. */
function subsequence(values: readonly unknown[], wanted: readonly TomlValue[]): number[] | undefined {
  const places: number[] = [];
  let from = 0;
  for (const value of wanted) {
    const at = values.findIndex((candidate, index) => index >= from && sameToml(candidate, value));
    if (at < 0) return undefined;
    places.push(at);
    from = at + 1;
  }
  return places;
}

/** The scalar of an element; a value equal to nothing for everything else. */
function scalarOf(node: AST.TOMLContentNode): unknown {
  return node.type === 'TOMLValue' ? node.value : node;
}
