import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { retentionDays } from '../../src/app/retention.ts';
import { type Database, openSqlite } from '../../src/kit/sqlite.ts';
import { migrations } from '../../src/store/migrations.ts';
import { sweep } from '../../src/store/retention.ts';
import { TableAccess, type TableName } from '../../src/store/table-access.ts';

const day = 86_400_000;
const now = 1000 * day;
const config = {
  inbox_days: 30,
  outbox_days: 20,
  history_days: 180,
  audit_days: 365,
  staged_days: 7,
  staged_max_mb: 1,
};

let db: Database;
beforeEach(() => {
  db = openSqlite(':memory:');
  for (const migration of migrations) db.exec(migration);
});
afterEach(() => db.close());

type Row = Readonly<Record<string, string | number | null>>;
let next = 1;

/** Puts a row into a table: what is not given gets something of its column's type. */
function put(table: TableName, given: Row): string {
  const name = `row${next++}`;
  const columns = db.pragma(`table_info(${table})`) as { name: string; type: string; notnull: number }[];
  const row: Record<string, string | number | null> = {};
  for (const { name: column, type, notnull } of columns) {
    if (column === 'id' && type === 'INTEGER') continue;
    row[column] = notnull || column === 'id' ? (type === 'INTEGER' ? 0 : '{}') : null;
  }
  for (const unique of ['id', 'folder', 'marker', 'dedupe_key', 'user_id', 'name'])
    if (unique in row) row[unique] = name;
  Object.assign(row, given);
  const keys = Object.keys(row);
  db.prepare(`INSERT INTO ${table} (${keys.join()}) VALUES (${keys.map(() => '?').join()})`).run(
    ...Object.values(row),
  );
  return name;
}

const count = (table: TableName) => Number(db.prepare(`SELECT COUNT(*) FROM ${table}`).pluck().get());
/** The statements of one sweep. */
function statements(): string[] {
  const seen = new TableAccess(db);
  const statement = seen.statement.bind(seen);
  const all: string[] = [];
  seen.statement = (sql) => {
    all.push(sql);
    return statement(sql);
  };
  sweep(seen, { now, days: retentionDays(config) });
  return all;
}
const run = (days = retentionDays(config)) => sweep(new TableAccess(db), { now, days });
const ago = (days: number) => now - days * day;
const bot = 'fake:bot';

describe('the sweep', () => {
  it.each<readonly [string, TableName, Row, Row]>([
    ['finished inputs', 'inputs', { finished_at: ago(31) }, { finished_at: ago(29) }],
    ['never an open input', 'inputs', { finished_at: ago(31) }, { received_at: 0 }],
    ['finished turns', 'turns', { finished_at: ago(31) }, { finished_at: ago(29) }],
    ['never an open turn', 'turns', { finished_at: ago(31) }, { started_at: 0 }],
    [
      'settled requests',
      'approvals',
      { state: 'gone', created_at: ago(31) },
      { state: 'gone', created_at: ago(29) },
    ],
    [
      'never an open request',
      'approvals',
      { state: 'gone', created_at: 0 },
      { state: 'open', created_at: 0 },
    ],
    ['the journal', 'journal', { at: ago(31) }, { at: ago(29) }],
    [
      'parts that are settled',
      'outbox',
      { state: 'sent', created_at: ago(21) },
      { state: 'sent', created_at: ago(19) },
    ],
    ['never a part that waits', 'outbox', { state: 'dead', created_at: 0 }, { state: 'held', created_at: 0 }],
    [
      'previews that are gone',
      'previews',
      { state: 'discarded', created_at: ago(21) },
      { state: 'open', created_at: 0 },
    ],
    ['cards of progress', 'progress_cards', { created_at: ago(21) }, { created_at: ago(19) }],
    ['history', 'history', { at: ago(181) }, { at: ago(179) }],
    ['the audit log', 'audit', { at: ago(366) }, { at: ago(364) }],
    [
      'codes that have run out',
      'pairings',
      { state: 'pending', expires_at: now - 1 },
      { state: 'pending', expires_at: now + 1 },
    ],
    [
      'never a person who was let in or shut out',
      'pairings',
      { state: 'pending', expires_at: 1 },
      { state: 'revoked', expires_at: 1 },
    ],
    ['signs that could not be cleared', 'activities', { created_at: ago(8) }, { created_at: ago(6) }],
    ['conversations of long ago', 'sessions', { updated_at: ago(366) }, { updated_at: ago(364) }],
    ['never the active conversation', 'sessions', { updated_at: 0, active: 0 }, { updated_at: 0, active: 1 }],
    [
      'what bots of long ago remembered',
      'memory',
      { account: 'old', written_at: ago(366) },
      { account: bot, written_at: ago(364) },
    ],
  ])('removes %s', (_what, table, goes, stays) => {
    put(table, goes);
    put(table, stays);
    expect(run()).toBe(1);
    expect(count(table)).toBe(1);
    const [field, value] = Object.entries(stays)[0] ?? [];
    expect(db.prepare(`SELECT ${field} FROM ${table}`).pluck().get()).toBe(value);
  });

  it.each<readonly [string, TableName, Row]>([
    ['something is left of what was said in it', 'history', { at: ago(1) }],
    ['a message waits for it', 'inputs', {}],
    ['a turn of it is kept', 'turns', { finished_at: ago(1) }],
    ['a process of it may be there', 'processes', {}],
  ])('keeps an old conversation while %s', (_why, table, row) => {
    const session_id = put('sessions', { updated_at: 0 });
    put(table, { ...row, session_id });
    expect(run()).toBe(0);
  });

  it.each<readonly [string, TableName, Row]>([
    ['wrote something since', 'memory', { account: bot, written_at: ago(1) }],
    ['was written to', 'inputs', { account: bot, received_at: ago(1) }],
    ['said something', 'outbox', { account: bot, created_at: ago(1) }],
    ['has a conversation', 'sessions', { address: `{"account":"${bot}"}`, updated_at: ago(1) }],
  ])('keeps all that a bot remembers when it %s', (_why, table, row) => {
    put('memory', { account: bot, written_at: 0 });
    put(table, row);
    run();
    expect(count('memory')).toBe(table === 'memory' ? 2 : 1);
  });

  it('removes nothing that is to be kept for ever, whatever the other limits are', () => {
    put('inputs', { finished_at: 1 });
    put('outbox', { state: 'sent', created_at: 1 });
    run(retentionDays({ ...config, inbox_days: 0 }));
    expect([count('inputs'), count('outbox')]).toEqual([1, 0]);
    put('outbox', { state: 'sent', created_at: 1 });
    run(retentionDays({ ...config, outbox_days: 0 }));
    expect([count('inputs'), count('outbox')]).toEqual([0, 1]);
  });

  it('has a rule for every table, but for those that are cleared by what they are for', () => {
    const tables = db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .pluck()
      .all() as TableName[];
    const swept = new Set(statements().map((sql) => /^DELETE FROM (\w+)/.exec(sql)?.[1] ?? ''));
    // Choices of people, processes that end, files with an age of their own.
    expect(tables.filter((table) => !swept.has(table)).sort()).toEqual([
      'preferences',
      'processes',
      'staged',
    ]);
  });

  it('reads no table as a whole for each row of another', () => {
    const slow: string[] = [];
    for (const sql of statements()) {
      const values = Array.from(sql.matchAll(/\?/g), () => 0);
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as {
        id: number;
        parent: number;
        detail: string;
      }[];
      const inner = new Set(plan.filter(({ detail }) => detail.startsWith('CORRELATED')).map(({ id }) => id));
      slow.push(
        ...plan
          .filter(({ parent, detail }) => inner.has(parent) && /^SCAN/.test(detail))
          .map(({ detail }) => `${detail}: ${sql}`),
      );
    }
    expect(slow).toEqual([]);
  });
});
