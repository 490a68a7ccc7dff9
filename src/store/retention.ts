import type { TableAccess, TableName } from './table-access.ts';

export interface RetentionDays {
  readonly inbox: number;
  readonly outbox: number;
  readonly history: number;
  readonly audit: number;
}

interface Rule {
  readonly table: TableName;
  /** What goes; every `?` is the limit. */
  readonly where: string;
  /** ms since the epoch. */
  limit(now: number, days: RetentionDays): number;
}

const dayMs = 86_400_000;
/** Rows deleted per rule and sweep, so that one sweep never holds the writer for long. */
const batch = 2000;

/** The dedupe keys of inputs live at least this long, whatever the config says. */
const dedupeDays = 7;
/** No sign of work is shown for so long: what is still recorded could not be cleared, and will not be. */
const signDays = 7;
/** What nobody has used for so long is not missed. */
const unusedDays = 365;

const inbox = (now: number, days: RetentionDays) => now - Math.max(dedupeDays, days.inbox) * dayMs;
const outbox = (now: number, days: RetentionDays) => now - Math.max(dedupeDays, days.outbox) * dayMs;
const unused = (now: number) => now - unusedDays * dayMs;

/** What is deleted when. What people chose (preferences, pairings that were decided) is kept until they change it. */
const rules: readonly Rule[] = [
  { table: 'inputs', where: 'finished_at < ?', limit: inbox },
  { table: 'turns', where: 'finished_at < ?', limit: inbox },
  { table: 'approvals', where: "state <> 'open' AND created_at < ?", limit: inbox },
  { table: 'journal', where: 'at < ?', limit: inbox },
  { table: 'outbox', where: "state IN ('sent', 'dead', 'dropped') AND created_at < ?", limit: outbox },
  { table: 'previews', where: "state IN ('finished', 'discarded') AND created_at < ?", limit: outbox },
  { table: 'progress_cards', where: 'created_at < ?', limit: outbox },
  { table: 'history', where: 'at < ?', limit: (now, days) => now - days.history * dayMs },
  { table: 'audit', where: 'at < ?', limit: (now, days) => now - days.audit * dayMs },
  { table: 'pairings', where: "state = 'pending' AND expires_at < ?", limit: (now) => now },
  { table: 'activities', where: 'created_at < ?', limit: (now) => now - signDays * dayMs },
  {
    // A conversation with nothing left of it but its name. What has no index by conversation is read once for all.
    table: 'sessions',
    where: `active = 0 AND updated_at < ?
      AND NOT EXISTS (SELECT 1 FROM history h WHERE h.session_id = sessions.id)
      AND id NOT IN (SELECT session_id FROM inputs WHERE session_id IS NOT NULL)
      AND NOT EXISTS (SELECT 1 FROM turns t WHERE t.session_id = sessions.id)
      AND id NOT IN (SELECT session_id FROM processes)`,
    limit: unused,
  },
  {
    // All of a bot's memory or nothing: what was written once may be read every day.
    table: 'memory',
    where: `account NOT IN (SELECT account FROM memory WHERE written_at >= ?)
      AND account NOT IN (SELECT account FROM inputs WHERE received_at >= ?)
      AND account NOT IN (SELECT account FROM outbox WHERE created_at >= ?)
      AND account NOT IN (SELECT COALESCE(json_extract(address, '$.account'), '') FROM sessions WHERE updated_at >= ?)`,
    limit: unused,
  },
];

/** Deletes finished rows past their age. Returns rows deleted. */
export function sweep(t: TableAccess, a: { now: number; days: RetentionDays }): number {
  let deleted = 0;
  for (const { table, where, limit } of rules) {
    const key = table === 'memory' ? '(account, name)' : 'rowid';
    const columns = table === 'memory' ? 'account, name' : 'rowid';
    const sql = `DELETE FROM ${table} WHERE ${key} IN (SELECT ${columns} FROM ${table} WHERE ${where} LIMIT ${batch})`;
    const values = Array.from(where.matchAll(/\?/g), () => limit(a.now, a.days));
    deleted += t.statement(sql).run(...values).changes;
  }
  return deleted;
}
