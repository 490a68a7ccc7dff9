/** Writing TOML values and sections. */
import { AppError } from '../core/errors.ts';
import type { KeyPath } from './keypath.ts';
import { isTable, type TomlTable, type TomlValue } from './toml.ts';

/** A key, quoted when it must be. */
export function writeKey(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : writeString(name);
}

/** A value on one line; tables become inline tables. Throws `AppError` for text TOML cannot hold. */
export function writeValue(value: TomlValue): string {
  if (typeof value === 'string') return writeString(value);
  if (typeof value === 'number') return writeNumber(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `[${value.map(writeValue).join(', ')}]`;
  const pairs = Object.entries(value).map(([key, item]) => `${writeKey(key)} = ${writeValue(item)}`);
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}

/**
 * A section with everything below it, ending in a line break: `[a.b]`, or `[[a.b]]` for an element of a list.
 * Numbers in `path` are left out, as TOML headers do.
 */
export function writeSection(path: KeyPath, table: TomlTable, element: boolean): string {
  const name = path
    .filter((part) => typeof part === 'string')
    .map(writeKey)
    .join('.');
  const entries = Object.entries(table);
  const pairs = entries.filter(([, value]) => !isSection(value) && !isSectionList(value));
  const lines = pairs.map(([key, value]) => `${writeKey(key)} = ${writeValue(value)}\n`).join('');
  const below = entries.flatMap(([key, value]) => {
    if (isSection(value)) return [writeSection([...path, key], value, false)];
    return isSectionList(value) ? value.map((item) => writeSection([...path, key], item, true)) : [];
  });
  const header = element ? `[[${name}]]\n` : `[${name}]\n`;
  const own = element || pairs.length > 0 || below.length === 0 ? [header + lines] : [];
  return [...own, ...below].join('\n');
}

/** Whether a value is written as a section of its own. */
export function isSection(value: TomlValue | undefined): value is TomlTable {
  return isTable(value);
}

/** Whether a value is written as a list of sections. */
export function isSectionList(value: TomlValue | undefined): value is TomlTable[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable);
}

function writeString(text: string): string {
  if (/\p{Cs}/u.test(text)) {
    throw new AppError('config_bad_text', 'text with a broken character cannot be written to the config', {
      kind: 'validation',
    });
  }
  return JSON.stringify(text).replaceAll('\x7f', '\\u007f');
}

function writeNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0.0' : String(value);
}
