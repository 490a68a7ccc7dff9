/** Maps between row objects (camelCase, plain data) and SQLite columns (snake_case, JSON as text, booleans as 0/1). */

const jsonColumns = new Set([
  'body',
  'past_ids',
  'address',
  'request',
  'progress',
  'answer',
  'edit_ref',
  'part',
  'ref',
  'card',
  'background',
]);
const booleanColumns = new Set(['active', 'recap', 'repeated', 'finishes_on_eof']);

export type SqlValue = string | number | null;

export const toColumn = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const toField = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

export function toSql(column: string, value: unknown): SqlValue {
  if (value === undefined || value === null) return null;
  if (jsonColumns.has(column)) return JSON.stringify(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value as SqlValue;
}

/** One database row as the row object its table's type describes. */
export function fromSql<T>(raw: unknown): T {
  const out: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(raw as Record<string, SqlValue>)) {
    if (jsonColumns.has(column)) out[toField(column)] = value === null ? null : JSON.parse(String(value));
    else if (booleanColumns.has(column)) out[toField(column)] = value === 1;
    else out[toField(column)] = value;
  }
  return out as T;
}

/** Column names and values of an object, for INSERT and UPDATE. */
export function toColumns(row: object): { columns: string[]; values: SqlValue[] } {
  const columns: string[] = [];
  const values: SqlValue[] = [];
  for (const [field, value] of Object.entries(row)) {
    if (value === undefined) continue;
    const column = toColumn(field);
    columns.push(column);
    values.push(toSql(column, value));
  }
  return { columns, values };
}
