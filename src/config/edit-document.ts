/** A TOML text with its syntax tree, and questions about where things stand in it. Offsets are into `text`. */
import { type AST, parseTOML } from 'toml-eslint-parser';
import { type KeyPath, startsWith } from './keypath.ts';
import { keyNames } from './toml-ast.ts';

export interface Pair {
  /** The full path of the key. */
  readonly path: KeyPath;
  readonly node: AST.TOMLKeyValue;
  /** The section the pair stands in; undefined at the top of the file or inside an inline table. */
  readonly table: AST.TOMLTable | undefined;
  /** The inline table the pair stands in. */
  readonly inline: AST.TOMLInlineTable | undefined;
}

export interface Document {
  readonly text: string;
  readonly newline: '\n' | '\r\n';
  readonly program: AST.TOMLProgram;
  readonly tables: readonly AST.TOMLTable[];
  /** Every pair, those in inline tables included. */
  readonly pairs: readonly Pair[];
  /** Start offsets of lines, first line first. */
  readonly lines: readonly number[];
  /** 1-based numbers of the lines that hold a comment and nothing else. */
  readonly commentLines: ReadonlySet<number>;
}

/** Parses TOML text; throws the parser's error. The text must not start with a byte order mark. */
export function openDocument(text: string): Document {
  const program = parseTOML(text);
  const body = program.body[0].body;
  const tables = body.filter((item) => item.type === 'TOMLTable');
  const pairs: Pair[] = [];
  for (const item of body) {
    if (item.type === 'TOMLKeyValue') collect(pairs, item, [], undefined, undefined);
    else for (const pair of item.body) collect(pairs, pair, item.resolvedKey, item, undefined);
  }
  const lines = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.push(at + 1);
  const alone = program.comments.filter(
    (comment) => text.slice(lines[comment.loc.start.line - 1] ?? 0, comment.range[0]).trim() === '',
  );
  const commentLines = new Set(alone.map((comment) => comment.loc.start.line));
  return {
    text,
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    program,
    tables,
    pairs,
    lines,
    commentLines,
  };
}

function collect(
  pairs: Pair[],
  node: AST.TOMLKeyValue,
  base: KeyPath,
  table: AST.TOMLTable | undefined,
  inline: AST.TOMLInlineTable | undefined,
): void {
  const path = [...base, ...keyNames(node.key)];
  pairs.push({ path, node, table, inline });
  const descend = (value: AST.TOMLContentNode, at: KeyPath): void => {
    if (value.type === 'TOMLInlineTable')
      for (const item of value.body) collect(pairs, item, at, undefined, value);
    if (value.type === 'TOMLArray')
      for (const [index, item] of value.elements.entries()) descend(item, [...at, index]);
  };
  descend(node.value, path);
}

/** The value node at `path`, if a pair or an inline list element stands there. */
export function valueNodeAt(doc: Document, path: KeyPath): AST.TOMLContentNode | undefined {
  const pair = pairAt(doc, path);
  if (pair) return pair.node.value;
  const index = path.at(-1);
  const parent = typeof index === 'number' ? valueNodeAt(doc, path.slice(0, -1)) : undefined;
  return parent?.type === 'TOMLArray' && typeof index === 'number' ? parent.elements[index] : undefined;
}

export function pairAt(doc: Document, path: KeyPath): Pair | undefined {
  return doc.pairs.find((pair) => pair.path.length === path.length && startsWith(pair.path, path));
}

/** The section whose header is exactly `path`. */
export function tableAt(doc: Document, path: KeyPath): AST.TOMLTable | undefined {
  return doc.tables.find(
    (table) => table.resolvedKey.length === path.length && startsWith(table.resolvedKey, path),
  );
}

/** The sections at and below `path`, in file order. */
export function tablesBelow(doc: Document, path: KeyPath): AST.TOMLTable[] {
  return doc.tables.filter((table) => startsWith(table.resolvedKey, path));
}

/** Start offset of a line; lines past the end start at the end. */
export function lineStart(doc: Document, line: number): number {
  return doc.lines[line - 1] ?? doc.text.length;
}

/** Offset behind the line break of a line. */
export function lineEnd(doc: Document, line: number): number {
  return lineStart(doc, line + 1);
}

/** The first line of a section, with the comments directly above its header. */
export function firstLine(doc: Document, table: AST.TOMLTable): number {
  let line = table.loc.start.line;
  while (doc.commentLines.has(line - 1)) line--;
  return line;
}

/** The last line of a section, with the comments directly below its last pair, unless those belong to the next header. */
export function lastLine(doc: Document, table: AST.TOMLTable): number {
  const content = (table.body.at(-1) ?? table.key).loc.end.line;
  let line = content;
  while (doc.commentLines.has(line + 1)) line++;
  const headerFollows = doc.tables.some((other) => other.loc.start.line === line + 1);
  return headerFollows ? content : line;
}
