import { type Address, laneOf, type MessageRef } from '../core/address.ts';
import type { AccountId } from '../core/ids.ts';
import type { Platform } from '../core/platform.ts';
import { sortableId } from '../kit/ids.ts';
import type { OutboxRow } from '../store/rows.ts';
import { type ChatMove, ChatMoves } from './chat-moves.ts';

/** A progress message: worth showing now or not at all. Neighbours merge when the chat is slow. */
export interface ProgressItem {
  readonly kind: 'progress';
  to: Address;
  markdown: string;
}

/** Progress messages waiting in one lane before they merge into one. */
export const progressBeforeMerge = 2;

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
  /** When a part that is held back may be tried again, on the clock that never steps. */
  heldUntil: number;
  /** Another life of the daemon may have sent it already. */
  suspect: boolean;
  /** It was left by another life of the daemon: if sending it ends this one, too, that is to be known. */
  readonly recovered: boolean;
  /** Called with the row as it went out: `previewId` is null when it became a message of its own. */
  readonly sent: ((row: OutboxRow) => void) | undefined;
  /** Rows whose words are in this one now: they are settled with it. */
  carried: readonly RowItem[];
}
export type Item = RowItem | ProgressItem | TaskItem;

/** Puts into the chat what is not promised to get there. Rejects with what the platform fails with. */
export async function showLoose(
  platform: Platform,
  item: ProgressItem | TaskItem,
  signal: AbortSignal,
): Promise<void> {
  if (item.kind === 'task') return item.run(platform, signal);
  for (const part of platform.render({ kind: 'text', markdown: item.markdown }, item.to))
    await platform.send(item.to, part, `progress-${sortableId()}`, signal);
}

export interface HowToAdd {
  readonly recovered?: boolean;
  readonly committed?: Promise<unknown>;
  readonly sent?: (row: OutboxRow) => void;
}

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

/** No budget takes longer to come back. */
const mostHeldMs = 86_400_000;

/** The end of a wait that an earlier life of the daemon began, by a clock that may have been set since. */
export function heldUntil(row: OutboxRow): number {
  return performance.now() + Math.min(Math.max(0, row.nextAt - Date.now()), mostHeldMs);
}

/** How long a part is still held back: neither a clock that is set back nor a machine that slept makes it longer. */
export function heldMs({ row, heldUntil }: RowItem): number {
  if (row.state !== 'held') return 0;
  return Math.max(0, Math.min(heldUntil - performance.now(), row.nextAt - Date.now()));
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

/** What waits for each chat of a project. */
export class Lanes {
  private readonly byKey = new Map<string, Lane>();
  private readonly moves = new ChatMoves();
  /** Lanes whose place another one has taken: each has no more than what it is at. */
  private readonly leaving = new Set<Lane>();

  get all(): readonly Lane[] {
    return [...this.byKey.values(), ...this.leaving];
  }

  get size(): number {
    return this.byKey.size + this.leaving.size;
  }

  /** Parts that wait. */
  waiting(account?: AccountId): number {
    const lanes = this.all.filter((lane) => !account || lane.account === account);
    return lanes.reduce((sum, { items }) => sum + items.filter(({ kind }) => kind === 'row').length, 0);
  }

  known(key: string): Lane | undefined {
    return this.byKey.get(key);
  }

  /** The lane of a chat; made when there is none. */
  of(to: Address): Lane {
    const key = laneOf(to);
    const known = this.byKey.get(key);
    if (known) return known;
    const { account } = to;
    const lane: Lane = { account, items: [], running: false, wake: undefined, wakes: 0, spoken: 0 };
    this.byKey.set(key, lane);
    return lane;
  }

  placeOf(address: Address): Address {
    return this.moves.placeOf(address);
  }

  /** Whether it stands in a chat that has another id now: there nothing can be changed, and ids begin anew. */
  isLeft(account: AccountId, ref: MessageRef | undefined): boolean {
    return ref !== undefined && this.moves.isLeft(account, ref.chat);
  }

  /** A row as it is now: on its way it may have missed that its chat got a new id. */
  here(row: OutboxRow): OutboxRow {
    const address = this.placeOf(row.address);
    return address === row.address ? row : { ...row, address, lane: laneOf(address) };
  }

  /** A chat got a new id: what waits for it goes there, ahead of what was said there since. */
  move(move: ChatMove): void {
    this.moves.add(move);
    const old = `${move.account}|${move.from}|`;
    for (const [key, lane] of [...this.byKey]) {
      if (!key.startsWith(old)) continue;
      for (const item of lane.items) {
        if (item.kind === 'progress') item.to = this.placeOf(item.to);
        if (item.kind === 'row') item.row = this.here(item.row);
      }
      this.byKey.delete(key);
      const now = `${move.account}|${move.to}|${key.slice(old.length)}`;
      const there = this.byKey.get(now);
      if (there) {
        lane.items.push(...there.items.splice(1));
        // What is in flight there, or waits for its next attempt, ends by itself.
        this.leaving.add(there);
      }
      this.byKey.set(now, lane);
    }
  }

  /** Forgets a lane in which nothing waits. */
  forget(lane: Lane): void {
    this.leaving.delete(lane);
    for (const [key, one] of this.byKey) if (one === lane && lane.items.length === 0) this.byKey.delete(key);
  }
}
