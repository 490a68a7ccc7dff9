import type { TableAccess } from './table-access.ts';

export interface RetentionDays {
  readonly inbox: number;
  readonly history: number;
  readonly audit: number;
}

const dayMs = 86_400_000;
/** Rows deleted per table and sweep, so that one sweep never holds the writer for long. */
const batch = 2000;

/** Deletes finished rows past their age; the dedupe keys of inputs live at least 7 days. Returns rows deleted. */
export function sweep(t: TableAccess, a: { now: number; days: RetentionDays }): number {
  const inbox = a.now - Math.max(7, a.days.inbox) * dayMs;
  const statements: readonly (readonly [string, number])[] = [
    ['inputs WHERE finished_at < ?', inbox],
    ["outbox WHERE state IN ('sent', 'dead', 'dropped') AND created_at < ?", inbox],
    ['turns WHERE finished_at < ?', inbox],
    ["approvals WHERE state <> 'open' AND created_at < ?", inbox],
    ["previews WHERE state IN ('finished', 'discarded') AND created_at < ?", inbox],
    ['progress_cards WHERE created_at < ?', inbox],
    ['journal WHERE at < ?', inbox],
    ['history WHERE at < ?', a.now - a.days.history * dayMs],
    ['audit WHERE at < ?', a.now - a.days.audit * dayMs],
    ["pairings WHERE state = 'pending' AND expires_at < ?", a.now],
  ];
  let deleted = 0;
  for (const [rest, limit] of statements) {
    const table = rest.slice(0, rest.indexOf(' '));
    const sql = `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${rest} LIMIT ${batch})`;
    deleted += t.statement(sql).run(limit).changes;
  }
  return deleted;
}
