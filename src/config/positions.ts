/** Where each key of a TOML file stands, for error messages. Built only when there is something to report. */
import { parseTOML } from 'toml-eslint-parser';
import { formatKey, type KeyPath, parseKey } from './keypath.ts';
import { withoutBom } from './toml.ts';
import type { TomlNodes } from './toml-ast.ts';
import { keyNames } from './toml-ast.ts';

/** 1-based line and column. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Finds the position of a key, or of its nearest parent that stands in the file. */
export type Locate = (key: string) => Position;

const START: Position = { line: 1, column: 1 };

/** A lookup over `text`; parses it on the first call. Text that cannot be parsed locates everything at its start. */
export function positionsOf(text: string): Locate {
  let index: Map<string, Position> | undefined;
  return (key) => {
    index ??= buildIndex(text);
    const path = tryParseKey(key);
    for (let length = path.length; length > 0; length--) {
      const found = index.get(formatKey(path.slice(0, length)));
      if (found) return found;
    }
    return START;
  };
}

function tryParseKey(key: string): KeyPath {
  try {
    return parseKey(key);
  } catch {
    return [key];
  }
}

function buildIndex(text: string): Map<string, Position> {
  const index = new Map<string, Position>();
  let program: TomlNodes['TOMLProgram'];
  try {
    program = parseTOML(withoutBom(text));
  } catch {
    return index; // the two parsers disagree on this file: messages keep the key and lose the line
  }
  const put = (path: KeyPath, node: { loc: { start: { line: number; column: number } } }): void => {
    const key = formatKey(path);
    if (!index.has(key)) index.set(key, { line: node.loc.start.line, column: node.loc.start.column + 1 });
  };
  const visitValue = (path: KeyPath, value: TomlNodes['TOMLContentNode']): void => {
    if (value.type === 'TOMLArray') {
      value.elements.forEach((element, at) => {
        put([...path, at], element);
        visitValue([...path, at], element);
      });
    } else if (value.type === 'TOMLInlineTable') for (const item of value.body) visitPair(path, item);
  };
  const visitPair = (base: KeyPath, pair: TomlNodes['TOMLKeyValue']): void => {
    const names = keyNames(pair.key);
    names.forEach((_, at) => {
      put([...base, ...names.slice(0, at + 1)], pair.key.keys[at] ?? pair.key);
    });
    visitValue([...base, ...names], pair.value);
  };
  for (const item of program.body[0].body) {
    if (item.type === 'TOMLKeyValue') {
      visitPair([], item);
      continue;
    }
    for (let length = 1; length <= item.resolvedKey.length; length++)
      put(item.resolvedKey.slice(0, length), item);
    for (const pair of item.body) visitPair(item.resolvedKey, pair);
  }
  return index;
}
