/** Reading TOML text into plain data. The only place that knows which parser we use. */
import parseText from '@iarna/toml/parse-string.js';

export type TomlValue = string | number | bigint | boolean | Date | TomlValue[] | TomlTable;
export interface TomlTable {
  [key: string]: TomlValue;
}

/** A syntax error with a position. The message never quotes file content, which may hold secrets. */
export class TomlSyntaxError extends Error {
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.name = 'TomlSyntaxError';
    this.line = line;
    this.column = column;
  }
}

/** Removes a leading byte order mark, which Windows editors add. */
export function withoutBom(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** Parses TOML text. Throws `TomlSyntaxError`. */
export function parseToml(text: string): TomlTable {
  try {
    // The parser takes the CR of a Windows line end for a control character when it stands behind a comment.
    const value = plain(parseText(withoutBom(text).replaceAll('\r\n', '\n')));
    return isTable(value) ? value : newTable();
  } catch (error) {
    throw asSyntaxError(error);
  }
}

/** Tables have no prototype, so that a key such as `__proto__` is a key like any other. */
export function newTable(): TomlTable {
  return Object.create(null) as TomlTable;
}

export function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Deeper nesting is refused, so that no walk over a config can exhaust the stack. */
const MAX_DEPTH = 64;

/**
 * A deep copy made of tables without prototype, arrays and scalars. Keys whose value is `undefined` are left out.
 * Throws `TomlSyntaxError` when nested more than 64 levels deep.
 */
export function plain(value: unknown, depth = 0): TomlValue {
  if (depth > MAX_DEPTH) throw new TomlSyntaxError('nested too deeply', 1, 1);
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  if (isTable(value)) {
    const copy = newTable();
    for (const [key, item] of Object.entries(value))
      if (item !== undefined) copy[key] = plain(item, depth + 1);
    return copy;
  }
  return value as TomlValue;
}

/** Deep equality of TOML data; key order does not matter, element order does. */
export function sameToml(a: unknown, b: unknown): boolean {
  if (a === b || (typeof a === 'number' && typeof b === 'number' && Object.is(a, b))) return true;
  if (a instanceof Date && b instanceof Date) return sameDate(a, b);
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameToml(item, b[index]));
  }
  if (!isTable(a) || !isTable(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameToml(a[key], b[key]))
  );
}

/** TOML has four date types that share one instant; their text tells them apart. */
function sameDate(a: Date, b: Date): boolean {
  return Object.is(a.getTime(), b.getTime()) && String(a) === String(b);
}

function asSyntaxError(error: unknown): TomlSyntaxError {
  if (error instanceof TomlSyntaxError) return error;
  const parts = error as { message?: unknown; line?: unknown; col?: unknown };
  const full = typeof parts.message === 'string' ? parts.message : String(error);
  const line = typeof parts.line === 'number' ? parts.line + 1 : 1;
  const column = typeof parts.col === 'number' ? parts.col + 1 : 1;
  // The parser appends an excerpt of the file after the position; only the reason is kept.
  const reason = (full.split('\n')[0] ?? '')
    .replace(/ at row \d+.*$/, '')
    .replace(/"[^"]*"|'[^']*'/g, (quoted) => (quoted.length > 12 ? '"…"' : quoted));
  return new TomlSyntaxError(reason === '' ? 'not valid TOML' : reason, line, column);
}
