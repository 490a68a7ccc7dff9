import type { Address } from '../core/address.ts';
import type { AccountId } from '../core/ids.ts';
import type { Platform } from '../core/platform.ts';
import type { OutboxRow } from '../store/rows.ts';

/** A progress message: worth showing now or not at all. Neighbours merge when the chat is slow. */
export interface ProgressItem {
  readonly kind: 'progress';
  readonly to: Address;
  markdown: string;
}
/** Anything else that must keep its place in the lane (edits of a progress message). */
export interface TaskItem {
  readonly kind: 'task';
  /** Tried again while the platform is away; else failing costs nothing that matters. */
  readonly durable: boolean;
  attempts: number;
  run(platform: Platform, signal: AbortSignal): Promise<void>;
}
export interface RowItem {
  readonly kind: 'row';
  row: OutboxRow;
  readonly committed: Promise<unknown> | undefined;
  /** Another life of the daemon may have sent it already. */
  suspect: boolean;
  /** Called with the row as it went out: `previewId` is null when it became a message of its own. */
  readonly sent: ((row: OutboxRow) => void) | undefined;
  /** Rows whose words are in this one now: they are settled with it. */
  carried: readonly RowItem[];
}
export type Item = RowItem | ProgressItem | TaskItem;

/** What waits for one chat, in order. */
export interface Lane {
  readonly account: AccountId;
  readonly items: Item[];
  running: boolean;
  /** Ends the current wait early. */
  wake: (() => void) | undefined;
  /** How often it was woken: an attempt during which it was is followed by the next one without a wait. */
  wakes: number;
  /** How often people wrote here: what is held back during an attempt in which they did may go out at once. */
  spoken: number;
}

/** A part that is held back need not wait any longer. */
export function letGo(item: Item): void {
  if (item.kind === 'row' && item.row.state === 'held') item.row = { ...item.row, nextAt: 0 };
}

/** The place of a question: behind what is in flight, other questions and what its own turn has said; ahead of everything else. */
export function urgentPlace(lane: Lane, row: OutboxRow): number {
  const last = lane.items.findLastIndex(
    (item) =>
      item.kind === 'row' &&
      (item.row.class === 'approval' || (row.turnId !== null && item.row.turnId === row.turnId)),
  );
  return Math.max(last + 1, Math.min(1, lane.items.length));
}
