/** `${NAME}` in string values. */
import { formatKey, type KeyPath } from './keypath.ts';
import type { Env } from './paths.ts';
import { isTable, newTable, type TomlTable, type TomlValue } from './toml.ts';

/** One use of an environment variable in the file. */
export interface EnvUse {
  readonly name: string;
  readonly path: KeyPath;
  readonly key: string;
  /** Unset variables become empty text. A variable set to empty text counts as set. */
  readonly set: boolean;
}

const PLACEHOLDER = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Replaces every placeholder in every string value, at any depth; keys are not touched. The input is not changed. */
export function substituteEnv(
  table: TomlTable,
  env: Env,
): { readonly table: TomlTable; readonly uses: EnvUse[] } {
  const uses: EnvUse[] = [];
  const replace = (text: string, path: KeyPath): string =>
    text.replace(PLACEHOLDER, (_, name: string) => {
      const value = env[name];
      uses.push({ name, path, key: formatKey(path), set: value !== undefined });
      return value ?? '';
    });
  const walk = (value: TomlValue, path: KeyPath): TomlValue => {
    if (typeof value === 'string') return value.includes('${') ? replace(value, path) : value;
    if (Array.isArray(value)) return value.map((item, at) => walk(item, [...path, at]));
    return isTable(value) ? walkTable(value, path) : value;
  };
  const walkTable = (source: TomlTable, path: KeyPath): TomlTable => {
    const copy = newTable();
    for (const [key, value] of Object.entries(source)) copy[key] = walk(value, [...path, key]);
    return copy;
  };
  return { table: walkTable(table, []), uses };
}
