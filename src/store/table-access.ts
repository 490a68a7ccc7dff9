import type { Database, Statement } from '../kit/sqlite.ts';
import { toColumn, toColumns, toSql } from './columns.ts';

export type TableName =
  | 'inputs'
  | 'sessions'
  | 'turns'
  | 'approvals'
  | 'outbox'
  | 'previews'
  | 'progress_cards'
  | 'activities'
  | 'processes'
  | 'pairings'
  | 'audit'
  | 'history'
  | 'journal'
  | 'preferences'
  | 'staged'
  | 'memory';

/** Inserts and updates by object, with every statement prepared once per shape. */
export class TableAccess {
  private readonly prepared = new Map<string, Statement>();
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  statement(sql: string): Statement {
    const known = this.prepared.get(sql);
    if (known) return known;
    const made = this.db.prepare(sql);
    this.prepared.set(sql, made);
    return made;
  }

  /** Returns false when a row with the same key was there and `onConflict` is `ignore`. */
  insert(table: TableName, row: object, onConflict: 'abort' | 'ignore' | 'replace' = 'abort'): boolean {
    const { columns, values } = toColumns(row);
    const places = columns.map(() => '?').join(', ');
    const sql = `INSERT OR ${onConflict.toUpperCase()} INTO ${table} (${columns.join(', ')}) VALUES (${places})`;
    return this.statement(sql).run(...values).changes > 0;
  }

  /** Number of rows changed. `where` compares for equality; an array means "one of". */
  update(table: TableName, set: object, where: Readonly<Record<string, unknown>>): number {
    const { columns, values } = toColumns(set);
    if (columns.length === 0) return 0;
    const condition = whereClause(where);
    const sql = `UPDATE ${table} SET ${columns.map((c) => `${c} = ?`).join(', ')} WHERE ${condition.sql}`;
    return this.statement(sql).run(...values, ...condition.values).changes;
  }

  remove(table: TableName, where: Readonly<Record<string, unknown>>): number {
    const condition = whereClause(where);
    return this.statement(`DELETE FROM ${table} WHERE ${condition.sql}`).run(...condition.values).changes;
  }
}

function whereClause(where: Readonly<Record<string, unknown>>) {
  const parts: string[] = [];
  const values: (string | number | null)[] = [];
  for (const [field, value] of Object.entries(where)) {
    const column = toColumn(field);
    if (Array.isArray(value)) {
      parts.push(`${column} IN (${value.map(() => '?').join(', ') || 'NULL'})`);
      values.push(...value.map((v) => toSql(column, v)));
    } else if (value === null) {
      parts.push(`${column} IS NULL`);
    } else {
      parts.push(`${column} = ?`);
      values.push(toSql(column, value));
    }
  }
  return { sql: parts.join(' AND '), values };
}
