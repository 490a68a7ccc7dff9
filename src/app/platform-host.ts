import { AppError, describeError } from '../core/errors.ts';
import type { Log, Platform, PlatformSink } from '../core/platform.ts';
import type { LinkState } from '../engine/project-context.ts';
import { Backoff } from '../kit/backoff.ts';
import { giveHeapRoom } from '../kit/heap-room.ts';

export interface HostTimings {
  /** How often a connection is looked at. */
  readonly watchEveryMs: number;
  /** How long an adapter may take to end. */
  readonly stopMs: number;
  /** Longest wait for `start`, whatever bound the adapter names. */
  readonly startMs: number;
  /** Wait before a connection that needs a person is tried again. */
  readonly deniedMs: number;
  /** How long a connection may be silent after the machine woke. */
  readonly wakeMs: number;
  /** In place of the adapters' own bounds, for trying out what happens. */
  readonly boundMs?: number | undefined;
}

export const hostTimings: HostTimings = {
  watchEveryMs: 5_000,
  stopMs: 5_000,
  startMs: 300_000,
  wakeMs: 5_000,
  deniedMs: 300_000,
};

/** The wall clock alone goes on while a machine sleeps: when it gains this much on the other one, the machine woke. */
const sleptMs = 60_000;

export interface HostDeps {
  make(): Platform;
  readonly sink: Omit<PlatformSink, 'state'>;
  readonly log: Log;
  /** The state is another one now. */
  changed(state: LinkState): void;
  readonly timings?: HostTimings | undefined;
}

/** Keeps one platform connection alive: starts it, starts it again when it fails, replaces it when it is deaf. */
export class PlatformHost {
  /** Replaced by a fresh one when it turned deaf. */
  platform: Platform;
  state: LinkState = { is: 'starting', since: Date.now() };
  /** Connections given up because nothing came from them. */
  replaced = 0;
  private readonly deps: HostDeps;
  private readonly timings: HostTimings;
  private readonly backoff = new Backoff({ baseMs: 1000, maxMs: 60_000 });
  private readonly stopping = new AbortController();
  /** Makes the next connection. */
  make: () => Platform;
  /** Ends what the current connection is doing. */
  private current = new AbortController();
  /** When the current connection was begun, on the clock that never steps. */
  private begunAt = performance.now();
  /** How far the wall clock is ahead of the one that never steps, at the last look. */
  private ahead = Date.now() - performance.now();
  /** When the machine woke, or its clock was set forward. */
  private wokeAt = Number.NEGATIVE_INFINITY;
  private watch: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private replacing: Promise<void> | undefined;

  /** `platform`: the first connection, as `make` makes it. */
  constructor(platform: Platform, deps: HostDeps) {
    this.platform = platform;
    this.deps = deps;
    this.make = () => deps.make();
    this.timings = deps.timings ?? hostTimings;
  }

  /** Resolves when the first start was tried, or is being taken too long over; all else happens in the background. */
  async start(): Promise<void> {
    this.watch = setInterval(() => this.look(), this.timings.watchEveryMs);
    this.watch.unref();
    giveHeapRoom();
    const begun = this.begin();
    await Promise.race([begun, this.late(this.startBoundMs())]);
  }

  async stop(): Promise<void> {
    clearInterval(this.watch);
    clearTimeout(this.retry);
    const reason = new AppError('stopping', 'cc-connect is stopping');
    this.stopping.abort(reason);
    this.current.abort(reason);
    await this.replacing;
    await this.end(this.platform);
  }

  /** A fresh connection in place of this one. */
  renew(): Promise<void> {
    return this.replace();
  }

  private async begin(): Promise<void> {
    const { platform } = this;
    this.current = new AbortController();
    this.begunAt = performance.now();
    try {
      await platform.start(
        {
          ...this.deps.sink,
          // What a connection that was given up still has to say about itself no longer counts.
          state: (is, detail) => this.platform === platform && this.tell(is, detail),
        },
        this.current.signal,
      );
      this.backoff.reset();
    } catch (error) {
      if (this.platform === platform && !this.current.signal.aborted) this.failed(error);
    }
  }

  private failed(error: unknown): void {
    const lasting = error instanceof AppError && ['auth', 'validation', 'permission'].includes(error.kind);
    this.tell(lasting ? 'denied' : 'down', describeError(error));
    const waitMs = lasting ? this.timings.deniedMs : this.backoff.next();
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.replace(), waitMs);
    this.retry.unref();
  }

  private tell(is: LinkState['is'], detail: string | undefined): void {
    const before = this.state;
    if (before.is === is && before.detail === detail && is !== 'ready') return;
    this.state = before.is === is && before.detail === detail ? before : { is, detail, since: Date.now() };
    this.deps.changed(this.state);
    if (this.state === before) return;
    const { account } = this.platform;
    this.deps.log[is === 'ready' ? 'info' : 'warn']({ account, state: is, detail }, 'platform state');
  }

  /** A start that never returns is silence, too; what needs a person, or waits to be tried again, is not. */
  private look(): void {
    this.noticeSleep();
    if (this.replacing || this.retry || this.state.is === 'denied') return;
    const heardAt = Math.max(this.platform.health().lastProgressAt, this.begunAt);
    const silentMs = performance.now() - heardAt;
    const boundMs = this.state.is === 'starting' ? this.startBoundMs() : this.boundMs();
    const lostInSleep = heardAt <= this.wokeAt && performance.now() - this.wokeAt > this.timings.wakeMs;
    if (silentMs <= boundMs && !lostInSleep) return;
    this.replaced += 1;
    this.deps.log.warn(
      { account: this.platform.account, silentMs, replaced: this.replaced },
      'platform is deaf; connecting anew',
    );
    this.tell('down', 'no sign of life');
    void this.replace();
  }

  /** While a machine sleeps its connections end without a word; the clock for silence stood still meanwhile. */
  private noticeSleep(): void {
    const ahead = Date.now() - performance.now();
    if (ahead - this.ahead > sleptMs) this.wokeAt = performance.now();
    this.ahead = ahead;
  }

  private boundMs(): number {
    return this.timings.boundMs ?? this.platform.health().boundMs;
  }

  private startBoundMs(): number {
    return Math.min(this.boundMs(), this.timings.startMs);
  }

  private replace(): Promise<void> {
    this.replacing ??= (async () => {
      const old = this.platform;
      clearTimeout(this.retry);
      this.retry = undefined;
      this.platform = this.make();
      this.current.abort(new AppError('replaced', 'a new connection takes its place'));
      await this.end(old);
      // Not waited for: a start that hangs is noticed by the watch.
      if (!this.stopping.signal.aborted) void this.begin();
    })()
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        this.replacing = undefined;
      });
    return this.replacing;
  }

  /** A connection that cannot even stop must not hold up the new one. */
  private async end(platform: Platform): Promise<void> {
    const done = platform
      .stop()
      .catch((error: unknown) =>
        this.deps.log.warn({ error: describeError(error) }, 'platform did not stop cleanly'),
      );
    if ((await Promise.race([done, this.late(this.timings.stopMs)])) === 'late')
      this.deps.log.warn({ account: platform.account }, 'platform did not stop in time');
  }

  private late(ms: number): Promise<'late'> {
    return new Promise((resolve) => setTimeout(() => resolve('late'), ms).unref());
  }
}
