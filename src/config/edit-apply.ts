/** Carrying out one planned step on a text, touching nothing else. */
import type { AST } from 'toml-eslint-parser';
import { editArray } from './edit-array.ts';
import {
  type Document,
  firstLine,
  lastLine,
  lineEnd,
  lineStart,
  openDocument,
  tableAt,
  tablesBelow,
  valueNodeAt,
} from './edit-document.ts';
import type { Edit } from './edit-plan.ts';
import { EditRefused } from './edit-refused.ts';
import { removalSplices } from './edit-remove.ts';
import { type KeyPath, startsWith } from './keypath.ts';
import { newTable, type TomlTable, type TomlValue } from './toml.ts';
import { isSection, isSectionList, writeKey, writeSection, writeValue } from './toml-write.ts';

/** Replaces the text between two offsets. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Applied {
  readonly text: string;
  /** Comments that went together with what was removed. */
  readonly dropped: readonly string[];
}

/** Applies one step. Throws `EditRefused` when it cannot be done without harm. */
export function applyEdit(text: string, edit: Edit): Applied {
  const doc = openDocument(text);
  if (edit.kind === 'remove') return splice(doc, removalSplices(doc, edit.path), true);
  if (edit.kind === 'append') return splice(doc, appendElement(doc, edit.path, edit.value), false);
  const node = valueNodeAt(doc, edit.path);
  if (node) return splice(doc, replaceValue(doc, node, edit.value), Array.isArray(edit.value));
  return splice(doc, addKey(doc, edit.path, edit.value), false);
}

function splice(doc: Document, splices: readonly Splice[], mayDrop: boolean): Applied {
  const dropped = doc.program.comments
    .filter((comment) =>
      splices.some(({ start, end }) => start <= comment.range[0] && comment.range[1] <= end),
    )
    .map((comment) => comment.value);
  if (dropped.length > 0 && !mayDrop) throw new EditRefused('a comment would be lost');
  let text = doc.text;
  for (const { start, end, text: insert } of [...splices].sort((a, b) => b.start - a.start)) {
    text =
      text.slice(0, start) +
      (doc.newline === '\n' ? insert : insert.replaceAll('\n', '\r\n')) +
      text.slice(end);
  }
  return { text, dropped };
}

function replaceValue(doc: Document, node: AST.TOMLContentNode, value: TomlValue): Splice[] {
  if (node.type === 'TOMLArray' && Array.isArray(value)) return editArray(doc, node, value);
  return [{ start: node.range[0], end: node.range[1], text: writeValue(value) }];
}

/** Adds a key that is not there yet; missing sections above it are made. */
function addKey(doc: Document, path: KeyPath, value: TomlValue): Splice[] {
  const parent = path.slice(0, -1);
  const key = path.at(-1);
  if (typeof key !== 'string') throw new EditRefused('a list element cannot be set');
  const container = valueNodeAt(doc, parent);
  if (container) return [addInline(container, key, value)];
  const table = tableAt(doc, parent);
  if (isSectionList(value) && (table || parent.length === 0)) return addSections(doc, parent, path, value);
  if (table || parent.length === 0) {
    if (isSection(value)) return [insertBlock(doc, spanEnd(doc, parent), writeSection(path, value, false))];
    return [addLine(doc, table, `${writeKey(key)} = ${writeValue(value)}`, key)];
  }
  const dotted = doc.pairs.findLast(
    (pair) =>
      !pair.inline && startsWith(pair.path, parent) && (pair.table?.resolvedKey.length ?? 0) < parent.length,
  );
  if (dotted) return [addDotted(doc, dotted, path, value)];
  const [first] = tablesBelow(doc, parent);
  if (first && !isSection(value) && !isSectionList(value)) {
    const only = newTable();
    only[key] = value;
    return [insertBlock(doc, lineStart(doc, firstLine(doc, first)), writeSection(parent, only, false))];
  }
  if (first && isSection(value))
    return [insertBlock(doc, spanEnd(doc, parent), writeSection(path, value, false))];
  if (first && isSectionList(value)) return addSections(doc, parent, path, value);
  const wrapped = newTable();
  wrapped[key] = value;
  return addKey(doc, parent, wrapped);
}

function addInline(node: AST.TOMLContentNode, key: string, value: TomlValue): Splice {
  if (node.type !== 'TOMLInlineTable') throw new EditRefused('a value stands where a table is needed');
  const pair = `${writeKey(key)} = ${writeValue(value)}`;
  const last = node.body.at(-1);
  if (!last) return { start: node.range[0], end: node.range[1], text: `{ ${pair} }` };
  return { start: last.range[1], end: last.range[1], text: `, ${pair}` };
}

function addDotted(doc: Document, near: Document['pairs'][number], path: KeyPath, value: TomlValue): Splice {
  const base = near.table?.resolvedKey.length ?? 0;
  const names = path.slice(base).map((part) => {
    if (typeof part === 'number') throw new EditRefused('a list element cannot be set');
    return writeKey(part);
  });
  const indent = indentOf(doc, near.node.loc.start.line);
  return insertLine(doc, near.node.loc.end.line, `${indent}${names.join('.')} = ${writeValue(value)}`);
}

function addSections(doc: Document, parent: KeyPath, path: KeyPath, value: readonly TomlTable[]): Splice[] {
  const text = value.map((element) => writeSection(path, element, true)).join('\n');
  return [insertBlock(doc, spanEnd(doc, parent), text)];
}

function appendElement(doc: Document, path: KeyPath, value: TomlTable): Splice[] {
  const elements = tablesBelow(doc, path);
  if (elements.length > 0) return [insertBlock(doc, spanEnd(doc, path), writeSection(path, value, true))];
  const node = valueNodeAt(doc, path);
  const last = node?.type === 'TOMLArray' ? node.elements.at(-1) : undefined;
  if (!last) throw new EditRefused('the list cannot be extended');
  return [{ start: last.range[1], end: last.range[1], text: `, ${writeValue(value)}` }];
}

/** Where what belongs to `path` ends: behind its last section, or at the end of the file for the top level. */
function spanEnd(doc: Document, path: KeyPath): number {
  const last = path.length === 0 ? undefined : tablesBelow(doc, path).at(-1);
  return last ? lineEnd(doc, lastLine(doc, last)) : doc.text.length;
}

/** A section between blank lines. */
function insertBlock(doc: Document, at: number, block: string): Splice {
  const before = doc.text.slice(0, at);
  const after = doc.text.slice(at);
  const ended = before === '' || before.endsWith('\n') ? '' : '\n';
  const gap =
    /(^|\n)\s*$/.test(before) && (before.trim() === '' || /\n[ \t\r]*\n[ \t\r]*$/.test(before)) ? '' : '\n';
  const follow = after.trim() === '' || /^[ \t]*\r?\n/.test(after) ? '' : '\n';
  return { start: at, end: at, text: `${ended}${gap}${block}${follow}` };
}

/** A line in a section: below its commented-out form if there is one, else below the last pair. */
function addLine(doc: Document, table: AST.TOMLTable | undefined, line: string, key: string): Splice {
  const pairs = doc.pairs.filter((pair) => !pair.inline && pair.table === table);
  const last = pairs.at(-1);
  const twin = commentedTwin(doc, table, key);
  const indent = indentOf(doc, last?.node.loc.start.line ?? table?.loc.start.line ?? 0);
  if (twin !== undefined) return insertLine(doc, twin, indent + line);
  const below = last?.node.loc.end.line ?? table?.key.loc.end.line;
  if (below !== undefined) return insertLine(doc, below, indent + line);
  const [first] = doc.tables;
  if (!first) return insertLine(doc, doc.lines.length, line);
  const at = lineStart(doc, firstLine(doc, first));
  return { start: at, end: at, text: `${line}\n\n` };
}

function insertLine(doc: Document, afterLine: number, line: string): Splice {
  const at = lineEnd(doc, afterLine);
  const before = doc.text.slice(0, at);
  return { start: at, end: at, text: before === '' || before.endsWith('\n') ? `${line}\n` : `\n${line}\n` };
}

/** The line of a comment such as `# mode = "default"` that belongs to the section. */
function commentedTwin(doc: Document, table: AST.TOMLTable | undefined, key: string): number | undefined {
  const from = table?.key.loc.end.line ?? 0;
  const next = doc.tables.find((other) => other.loc.start.line > from);
  const to = next ? firstLine(doc, next) : Number.POSITIVE_INFINITY;
  for (const comment of doc.program.comments) {
    const { line } = comment.loc.start;
    if (line <= from || !doc.commentLines.has(line)) continue;
    if (line >= to || /^\s*\[/.test(comment.value)) return undefined;
    const name = /^\s*([A-Za-z0-9_-]+)\s*=/.exec(comment.value)?.[1];
    if (name === key) return line;
  }
  return undefined;
}

function indentOf(doc: Document, line: number): string {
  if (line < 1) return '';
  return /^[ \t]*/.exec(doc.text.slice(lineStart(doc, line), lineEnd(doc, line)))?.[0] ?? '';
}
