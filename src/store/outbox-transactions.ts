import type { MessageRef } from '../core/address.ts';
import type { OutboxId, SessionId, TurnId } from '../core/ids.ts';
import { finishOwner, type Riders, ride, settleMerged } from './riders.ts';
import type { HistoryRow, OutboxRow } from './rows.ts';
import type { TableAccess } from './table-access.ts';

export type HistoryEntry = HistoryRow & { readonly sessionId: SessionId; readonly turnId: TurnId | null };

/** Changes of what is to be sent; part of `transactions`. */
export const outboxTransactions = {
  /** Durable parts outside a turn's end: frozen text, notices, command answers, `send`. */
  enqueue(
    t: TableAccess,
    a: { rows: readonly OutboxRow[]; history?: readonly HistoryEntry[]; at: number } & Omit<Riders, 'outbox'>,
  ): void {
    for (const entry of a.history ?? []) t.insert('history', entry);
    ride(t, a.at, { ...a, outbox: a.rows });
  },

  /** It is in flight: until `partSent` or `partFailed` says what came of it, a crash is counted. */
  markSending(t: TableAccess, a: { id: OutboxId; attempts: number; at: number }): void {
    t.update('outbox', { state: 'sending', attempts: a.attempts, nextAt: 0 }, { id: a.id });
  },

  partSent(t: TableAccess, a: { id: OutboxId; ref: MessageRef; repeated: boolean; at: number }): void {
    t.update(
      'outbox',
      { state: 'sent', ref: a.ref, sentAt: a.at, repeated: a.repeated, error: null },
      { id: a.id },
    );
    t.statement(
      "UPDATE previews SET state = 'finished' WHERE id = (SELECT preview_id FROM outbox WHERE id = ?)",
    ).run(a.id);
    ride(
      t,
      a.at,
      {},
      { subject: a.id, event: a.repeated ? 'part.repeated' : 'part.sent', detail: a.ref.message },
    );
    settleMerged(t, a.id, { state: 'sent', ref: a.ref, sentAt: a.at, error: null }, a.at);
    finishOwner(t, a.id, a.at);
  },

  partFailed(
    t: TableAccess,
    a: {
      id: OutboxId;
      state: 'pending' | 'sending' | 'held' | 'dead' | 'dropped';
      attempts: number;
      nextAt: number;
      error: string;
      /** An earlier attempt may have arrived: whatever comes next is a repeat. */
      repeated?: boolean;
      at: number;
    } & Riders,
  ): void {
    const { state, attempts, nextAt, error, repeated } = a;
    // The daemon lived to tell.
    t.update('outbox', { state, attempts, nextAt, error, repeated, crashes: 0 }, { id: a.id });
    ride(t, a.at, a, {
      subject: a.id,
      event: `part.${a.state === 'pending' ? 'retry' : a.state}`,
      detail: a.error,
    });
    if (a.state !== 'dead' && a.state !== 'dropped') return;
    settleMerged(t, a.id, { state: a.state, error: a.error }, a.at);
    finishOwner(t, a.id, a.at);
  },

  /** The words of each of `moved` are in the row `into` now; it is settled when that one is. */
  partsMerged(
    t: TableAccess,
    a: {
      rows: readonly Pick<OutboxRow, 'id' | 'part' | 'address'>[];
      moved: readonly { readonly id: OutboxId; readonly into: OutboxId }[];
      at: number;
    },
  ): void {
    const keepWords = t.statement(
      "UPDATE outbox SET own_plain = COALESCE(own_plain, json_extract(part, '$.plain')) WHERE id = ?",
    );
    for (const { id, ...change } of a.rows) {
      keepWords.run(id);
      t.update('outbox', change, { id });
    }
    for (const { id, into } of a.moved) {
      t.update('outbox', { mergedInto: into }, { mergedInto: id });
      t.update('outbox', { mergedInto: into }, { id });
    }
    ride(
      t,
      a.at,
      {},
      ...a.moved.map(({ id, into }) => ({ subject: id, event: 'part.merged', detail: into })),
    );
  },
};
