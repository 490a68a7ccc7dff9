import { setTimeout as sleep } from 'node:timers/promises';
import { type Address, laneOf, type MessageRef } from '../core/address.ts';
import { AppError, describeError, kindOf } from '../core/errors.ts';
import type { AccountId } from '../core/ids.ts';
import type { Platform } from '../core/platform.ts';
import { limited } from '../kit/deadline.ts';
import { KeyedChain } from '../kit/keyed-chain.ts';
import type { TokenBucket } from '../kit/token-bucket.ts';
import type { Queries } from '../store/queries.ts';
import type { OutboxRow } from '../store/rows.ts';
import type { ChatMove } from './chat-moves.ts';
import { attemptMs, decide, growing, markRepeat, messageLeft, passing } from './delivery-decision.ts';
import {
  type HowToAdd,
  heldMs,
  heldUntil,
  type Item,
  type Lane,
  Lanes,
  letGo,
  type ProgressItem,
  progressBeforeMerge,
  type RowItem,
  showLoose,
  type TaskItem,
  urgentPlace,
} from './delivery-lane.ts';
import { type HeldDeps, mergeHeld, withLastWord } from './held-parts.ts';
import { persist } from './persist.ts';
import type { OpenPreviews, PreviewStream } from './preview.ts';
import { lostPreview, rememberedPreview } from './preview-recovery.ts';

export interface DeliveryDeps extends HeldDeps {
  readonly queries: Queries;
  readonly previews: OpenPreviews;
  platformOf(account: AccountId): Platform | undefined;
  /** The account's own limit on sending, if it has one. */
  pace?(account: AccountId): TokenBucket | undefined;
  /** A part reached the chat; its row carries the reference. */
  shown?(row: OutboxRow): void;
}

/** Delivers durable parts in order per chat, retried until they are settled; progress in between, best effort. */
export class Delivery {
  private readonly deps: DeliveryDeps;
  private readonly lanes = new Lanes();
  private readonly stopping = new AbortController();
  private readonly idle = new Set<() => void>();
  /** Lanes in which people wrote before the parts of an earlier life were here. */
  private readonly spoken = new Set<string>();
  private recovered = false;
  private readonly suspects = new KeyedChain();

  constructor(deps: DeliveryDeps) {
    this.deps = deps;
  }

  /**
   * Takes committed rows. `recovered`: they come from an earlier life, so the first of each lane may have been sent, and
   * any that went ahead of others: where finding out does no harm, each is looked for.
   */
  add(rows: readonly OutboxRow[], how: HowToAdd = {}): void {
    // What was said before a question goes out with it.
    const urgent = !how.recovered && rows.some((row) => row.class === 'approval');
    const lanes = new Set<string>();
    for (const one of rows) {
      const row = this.lanes.here(one);
      const lane = this.lanes.of(row.address);
      const first = !lanes.has(row.lane) || row.class === 'approval' || this.probes(row.account);
      lanes.add(row.lane);
      const freed = row.state === 'held' && this.spoken.has(row.lane);
      const item: RowItem = {
        kind: 'row',
        row: freed ? { ...row, nextAt: 0 } : row,
        heldUntil: heldUntil(row),
        committed: how.committed,
        recovered: how.recovered ?? false,
        suspect: (how.recovered ?? false) && (first || row.state === 'sending'),
        sent: how.sent,
        carried: [],
      };
      if (urgent || row.class === 'approval') lane.items.splice(urgentPlace(lane, row), 0, item);
      else lane.items.push(item);
      this.run(lane);
    }
    if (!how.recovered) return;
    this.recovered = true;
    this.spoken.clear();
  }

  /** Like `add`, for rows whose commit is still on its way: they keep their place and go out once it is done. */
  reserve(rows: readonly OutboxRow[], committed: Promise<unknown>, sent?: HowToAdd['sent']): void {
    this.add(rows, { committed, sent });
  }

  /** Removes a preview that got no final text, after the call in flight. */
  discardPreview(to: Address, preview: PreviewStream): void {
    preview.cancel();
    this.durableTask(to, async (platform, signal) => {
      const known = await preview.close();
      const { queries } = this.deps;
      const ref =
        known ?? (preview.lost ? await lostPreview(queries, platform, preview.id, signal) : undefined);
      this.deps.previews.remove(preview.id);
      // From here on no answer may take it over: nobody would see that one.
      if (ref) await persist(this.deps, 'previewClosed', { id: preview.id, state: 'closing', ref }, signal);
      if (ref && !this.lanes.isLeft(to.account, ref.ref)) await platform.preview?.discard(ref, signal);
      await persist(this.deps, 'previewClosed', { id: preview.id, state: 'discarded' }, this.stopping.signal);
    });
  }

  /** Resolves when everything that waits for this chat now is out; never when the platform is taken away. */
  caughtUp(to: Address): Promise<void> {
    if (!this.lanes.known(laneOf(this.placeOf(to)))?.items.length) return Promise.resolve();
    return new Promise((resolve) => this.task(to, async () => resolve()));
  }

  /** Shows progress: dropped when the platform is away, merged when the lane is slow. */
  progress(at: Address, markdown: string): void {
    const to = this.placeOf(at);
    const lane = this.lanes.of(to);
    const waiting = lane.items.filter((item) => item.kind === 'progress');
    const last = lane.items.at(-1);
    if (waiting.length >= progressBeforeMerge && last?.kind === 'progress') last.markdown += `\n${markdown}`;
    else lane.items.push({ kind: 'progress', to, markdown });
    this.run(lane);
  }

  /** Runs a platform call in its place between the messages of a chat; failures are logged. */
  task(to: Address, run: TaskItem['run']): void {
    this.push(to, { kind: 'task', durable: false, attempts: 0, run });
  }

  /** Like `task`, for what has to happen: repeated until the platform has taken or refused it. */
  durableTask(to: Address, run: TaskItem['run']): void {
    this.push(to, { kind: 'task', durable: true, attempts: 0, run });
  }

  /** Where an address is now: its chat may have got a new id since it was written down. */
  placeOf(address: Address): Address {
    return this.lanes.placeOf(address);
  }

  /** A chat got a new id: what waits for it is sent there. */
  moveChat(move: ChatMove): void {
    this.lanes.move(move);
  }

  /** The platform is reachable: waits end now. Parts held back go out where a person has just written. */
  wake(account: AccountId, spokeIn?: Address): void {
    if (spokeIn) this.free(laneOf(spokeIn));
    for (const lane of this.lanes.all.filter((one) => one.account === account)) {
      lane.wakes += 1;
      lane.wake?.();
    }
  }

  private free(key: string): void {
    // Parts of an earlier life may not be here yet.
    if (!this.recovered) this.spoken.add(key);
    const lane = this.lanes.known(key);
    if (lane) lane.spoken += 1;
    lane?.items.forEach(letGo);
  }

  /** Parts waiting, for `status`. */
  waiting(account?: AccountId): number {
    return this.lanes.waiting(account);
  }

  /** Resolves when every lane is empty; for an orderly stop. */
  drained(): Promise<void> {
    return this.lanes.size === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.add(resolve));
  }

  stop(): void {
    this.stopping.abort(new AppError('stopping', 'cc-connect is stopping'));
    for (const lane of this.lanes.all) lane.wake?.();
  }

  private probes(account: AccountId): boolean {
    return this.deps.platformOf(account)?.capabilities.delivery.kind === 'probe';
  }

  private push(to: Address, item: Item): void {
    const lane = this.lanes.of(this.placeOf(to));
    lane.items.push(item);
    this.run(lane);
  }

  private run(lane: Lane): void {
    if (lane.running) return;
    lane.running = true;
    void this.drain(lane).finally(() => {
      lane.running = false;
      if (lane.items.length > 0 && !this.stopping.signal.aborted) return this.run(lane);
      this.lanes.forget(lane);
      if (this.lanes.size > 0) return;
      for (const done of this.idle) done();
      this.idle.clear();
    });
  }

  private async drain(lane: Lane): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const item = lane.items[0];
      if (!item) return;
      const platform = this.deps.platformOf(lane.account);
      if (!platform) {
        // Removed from the config: durable parts wait in the store for its return.
        lane.items.length = 0;
        return;
      }
      await mergeHeld(this.deps, platform, lane, this.stopping.signal).catch((error: unknown) => {
        const level = this.stopping.signal.aborted ? 'debug' : 'error';
        this.deps.log[level]({ error: describeError(error) }, 'held parts were not merged');
      });
      const { wakes, spoken } = lane;
      const waitMs =
        item.kind === 'row' ? await this.deliverRow(platform, item) : await this.deliverLoose(platform, item);
      if (waitMs === 'settled') lane.items.splice(lane.items.indexOf(item), 1);
      // Woken meanwhile: nothing would end the wait a second time.
      else if (lane.wakes === wakes) await this.pause(lane, waitMs);
      else if (lane.spoken !== spoken) letGo(item);
    }
  }

  /** Milliseconds to wait before the next attempt, or `settled`. */
  private async deliverRow(platform: Platform, item: RowItem): Promise<number | 'settled'> {
    const early = heldMs(item);
    if (early > 0) return early;
    try {
      await item.committed;
    } catch {
      return 'settled'; // never stored, so never promised; whoever committed it has the error
    }
    const bucket = this.deps.pace?.(item.row.account);
    if (bucket && !bucket.tryTake()) return bucket.waitMs();
    const { signal } = this.stopping;
    try {
      const send = () =>
        limited(attemptMs(item.row), [signal], (limit) => this.attempt(platform, item, limit));
      // One of those in flight at a crash may be its cause; one at a time, it can be told from the others.
      const { ref, repeated } = await (item.row.crashes ? this.suspects.run('', send) : send());
      await persist(this.deps, 'partSent', { id: item.row.id, ref, repeated, at: Date.now() }, signal);
      for (const one of [item, ...item.carried]) {
        this.deps.shown?.({ ...one.row, ref });
        one.sent?.({ ...one.row, ref });
      }
      return 'settled';
    } catch (error) {
      if (signal.aborted) return 0;
      return this.failed(platform, item, error);
    }
  }

  private async attempt(
    platform: Platform,
    item: RowItem,
    signal: AbortSignal,
  ): Promise<{ ref: MessageRef; repeated: boolean }> {
    const row = item.row;
    if (item.recovered && platform.capabilities.delivery.kind !== 'blind')
      await persist(this.deps, 'markSending', { id: row.id, attempts: row.attempts, at: Date.now() }, signal);
    if (row.editRef && platform.edit) {
      if (this.lanes.isLeft(row.account, row.editRef)) throw messageLeft();
      await platform.edit(row.editRef, row.part, signal);
      return { ref: row.editRef, repeated: false };
    }
    if (row.previewId) {
      const live = await this.deps.previews.settle(row.previewId);
      // Looked up only where this life of the daemon does not know it.
      const known = live && live !== 'unknown';
      const ref = known ? live : await rememberedPreview(this.deps, platform, row.previewId, signal);
      if (ref && !this.lanes.isLeft(row.account, ref.ref) && platform.preview) {
        const finished = await platform.preview.finish(ref, row.part, signal);
        if (finished !== 'resend') return { ref: finished, repeated: false };
      }
      // From here on it is an ordinary message.
      item.row = { ...row, previewId: null };
    }
    return this.sendOnce(platform, item, signal);
  }

  private async sendOnce(
    platform: Platform,
    item: RowItem,
    signal: AbortSignal,
  ): Promise<{ ref: MessageRef; repeated: boolean }> {
    const row = item.row;
    const delivery = platform.capabilities.delivery;
    if (delivery.kind === 'keyed') {
      const mayRepeat = item.suspect && Date.now() - row.createdAt > delivery.windowMs;
      return {
        ref: await platform.send(
          row.address,
          mayRepeat ? markRepeat(platform, row) : row.part,
          row.id,
          signal,
        ),
        repeated: mayRepeat,
      };
    }
    // What may have gone out is marked before: all else was refused, or never begun.
    if (delivery.kind === 'blind') item.suspect = row.repeated || (item.suspect && row.state === 'sending');
    if (item.suspect) {
      const found =
        delivery.kind === 'probe' ? await platform.probe?.(row.address, row.part, row.id, signal) : 'unknown';
      if (found && typeof found === 'object') return { ref: found, repeated: false };
      if (found !== 'absent')
        return {
          ref: await platform.send(row.address, markRepeat(platform, row), row.id, signal),
          repeated: true,
        };
      item.suspect = false;
    }
    if (delivery.kind === 'blind')
      await persist(
        this.deps,
        'markSending',
        { id: row.id, attempts: row.attempts + 1, at: Date.now() },
        signal,
      );
    const part = withLastWord(this.deps, platform, row);
    return { ref: await platform.send(row.address, part, row.id, signal), repeated: false };
  }

  private async failed(platform: Platform, item: RowItem, error: unknown): Promise<number | 'settled'> {
    const row = item.row;
    const kind = kindOf(error);
    const attempts = row.attempts + 1;
    const next = decide(kind, attempts, error, row);
    const { state, waitMs } = next;
    // A refusal says nothing about the attempts before it.
    const repeated = row.repeated || (platform.capabilities.delivery.kind === 'blind' && item.suspect);
    if (next.ambiguous) item.suspect = true;
    const editRef = next.resend ? null : row.editRef;
    const nextAt = Date.now() + waitMs;
    item.row = { ...item.row, attempts, editRef, repeated, crashes: 0, state, nextAt };
    item.heldUntil = performance.now() + waitMs;
    const level = state === 'dead' ? 'error' : 'warn';
    this.deps.log[level](
      { part: row.id, account: row.account, kind, attempts, waitMs, error: describeError(error) },
      `part ${state === 'dead' ? 'cannot be delivered' : 'not delivered yet'}`,
    );
    await persist(
      this.deps,
      'partFailed',
      {
        id: row.id,
        state,
        attempts,
        nextAt,
        error: describeError(error),
        repeated,
        at: Date.now(),
      },
      this.stopping.signal,
    );
    return state === 'dead' ? 'settled' : waitMs;
  }

  private async deliverLoose(platform: Platform, item: ProgressItem | TaskItem): Promise<number | 'settled'> {
    try {
      await limited(15_000, [this.stopping.signal], (signal) => showLoose(platform, item, signal));
    } catch (error) {
      if (this.stopping.signal.aborted) return 0;
      const refused = error instanceof AppError && error.kind === 'rate_limit';
      if (item.kind === 'task' && item.durable && passing.has(kindOf(error))) {
        item.attempts += 1;
        return (error instanceof AppError ? error.retryAfterMs : undefined) ?? growing(item.attempts);
      }
      this.deps.log[refused ? 'debug' : 'info']({ error: describeError(error) }, 'progress not shown');
      if (refused) await this.rest(Math.min(error.retryAfterMs ?? 1000, 30_000));
    }
    return 'settled';
  }

  private rest(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  private pause(lane: Lane, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        lane.wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      lane.wake = done;
      if (this.stopping.signal.aborted) done();
    });
  }
}
