/** Names for the syntax tree of the position-keeping TOML parser. */
import type { AST } from 'toml-eslint-parser';

export interface TomlNodes {
  TOMLProgram: AST.TOMLProgram;
  TOMLTable: AST.TOMLTable;
  TOMLKeyValue: AST.TOMLKeyValue;
  TOMLKey: AST.TOMLKey;
  TOMLContentNode: AST.TOMLContentNode;
  TOMLArray: AST.TOMLArray;
  TOMLInlineTable: AST.TOMLInlineTable;
}

/** The names of a dotted key, quotes removed. */
export function keyNames(key: AST.TOMLKey): string[] {
  return key.keys.map((part) => (part.type === 'TOMLBare' ? part.name : part.value));
}
