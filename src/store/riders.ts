import type { OutboxId, TurnId } from '../core/ids.ts';
import type { AuditEntry, JournalEntry, OutboxRow } from './rows.ts';
import type { TableAccess } from './table-access.ts';

/** Rows that ride along with any change, in the same transaction. */
export interface Riders {
  readonly outbox?: readonly OutboxRow[];
  readonly audit?: readonly AuditEntry[];
  readonly journal?: readonly JournalEntry[];
}

/** Writes the riders of a change, and what the journal keeps of it. */
export function ride(t: TableAccess, at: number, riders: Riders, ...journal: readonly JournalEntry[]): void {
  for (const row of riders.outbox ?? []) {
    t.insert('outbox', row);
    t.insert('journal', {
      at,
      subject: row.id,
      event: 'part.queued',
      detail: row.turnId ?? row.inputId ?? undefined,
    });
  }
  for (const entry of riders.audit ?? []) t.insert('audit', { at, ...entry });
  for (const entry of [...journal, ...(riders.journal ?? [])]) t.insert('journal', { at, ...entry });
}

/** What became of a part became of those whose words it carries. */
export function settleMerged(t: TableAccess, into: OutboxId, set: Partial<OutboxRow>, at: number): void {
  const carried = t.statement('SELECT id FROM outbox WHERE merged_into = ?').all(into) as { id: OutboxId }[];
  if (carried.length === 0) return;
  t.update('outbox', set, { mergedInto: into });
  for (const { id } of carried) finishOwner(t, id, at);
}

/** When a part is settled, the turn or command it belongs to may be finished with it. */
export function finishOwner(t: TableAccess, id: OutboxId, at: number): void {
  const row = t.statement('SELECT turn_id FROM outbox WHERE id = ?').get(id) as
    | { turn_id: TurnId | null }
    | undefined;
  if (row?.turn_id) finishTurnIfDelivered(t, row.turn_id, at);
}

/** A delivering turn whose last part is settled is over, and its inputs with it. */
export function finishTurnIfDelivered(t: TableAccess, id: TurnId, at: number): void {
  const open = t
    .statement("SELECT 1 FROM outbox WHERE turn_id = ? AND state IN ('pending', 'sending', 'held') LIMIT 1")
    .get(id);
  if (open) return;
  const turn = t.statement("SELECT detail FROM turns WHERE id = ? AND state = 'delivering'").get(id) as
    | { detail: string | null }
    | undefined;
  if (!turn) return;
  const detail = turn.detail ?? 'done';
  const state = detail.startsWith('failed')
    ? 'failed'
    : detail.startsWith('interrupted')
      ? 'interrupted'
      : 'done';
  t.update('turns', { state, finishedAt: at }, { id });
  t.update('inputs', { state: 'done', finishedAt: at }, { turnId: id, finishedAt: null });
  t.insert('journal', { at, subject: id, event: `turn.${state}` });
}
