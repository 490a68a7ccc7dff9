import { setImmediate as laterThisTurn, setTimeout as sleep } from 'node:timers/promises';
import { AppError, describeError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { Backoff } from '../../kit/backoff.ts';
import type { IlinkApi } from './api.ts';
import type { KeptText } from './kept-text.ts';
import type { Timing } from './timing.ts';
import type { Updates } from './wire.ts';

export interface PollerHooks {
  /** Resolves when the whole batch is stored; rejects when any of it is not. */
  deliver(batch: readonly unknown[]): Promise<void>;
  state(state: 'ready' | 'down' | 'denied', detail?: string): void;
}

/** The service may ask for longer polls, but not for endless ones. */
const LONGEST_POLL_MS = 120_000;

/**
 * The long poll: its cursor moves, here and in the store, only after the whole batch is stored, so that what was not
 * stored comes again. Every failure is waited out; the loop ends only by `stop`.
 */
export class Poller {
  readonly #api: IlinkApi;
  readonly #keptCursor: KeptText;
  readonly #hooks: PollerHooks;
  readonly #timing: Timing;
  readonly #log: Log;
  readonly #backoff: Backoff;
  readonly #ending = new AbortController();
  readonly #ownHoldMs: number;
  #running: Promise<void> | undefined;
  #cursor = '';
  #holdMs: number;
  #lastProgressAt = 0;
  /** A poll that is held tells that the service is there, unless the one before was never answered. */
  #trusting = true;
  #state = '';

  constructor(
    api: IlinkApi,
    keptCursor: KeptText,
    hooks: PollerHooks,
    how: { readonly longPollMs: number; readonly timing: Timing; readonly log: Log },
  ) {
    this.#api = api;
    this.#keptCursor = keptCursor;
    this.#hooks = hooks;
    this.#ownHoldMs = how.longPollMs;
    this.#holdMs = how.longPollMs;
    this.#timing = how.timing;
    this.#log = how.log;
    this.#backoff = new Backoff({ baseMs: how.timing.retryMinMs, maxMs: how.timing.retryMaxMs });
  }

  /** Time by `performance.now()` of the last sign of life. A login that has run out is not a matter of the connection. */
  get lastProgressAt(): number {
    return this.#state.startsWith('denied') ? performance.now() : this.#lastProgressAt;
  }

  async start(): Promise<void> {
    this.#lastProgressAt = performance.now();
    this.#cursor = (await this.#keptCursor.read()) ?? '';
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    await this.#keptCursor.idle();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await this.#once(signal);
      } catch (error) {
        if (signal.aborted) return;
        const waitMs = this.#judge(error);
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    const updates = await this.#poll(signal);
    this.#lastProgressAt = performance.now();
    this.#trusting = true;
    const batch: unknown = updates.msgs ?? [];
    if (!Array.isArray(batch))
      throw new AppError('weixin_answer', 'getupdates did not answer with a list', { kind: 'unavailable' });
    this.#tell('ready');
    if (batch.length > 0) await this.#hooks.deliver(batch);
    this.#advance(updates.get_updates_buf);
    // What has just been stored goes to the agents first: making the next call takes a part of a millisecond.
    if (batch.length > 0) await laterThisTurn();
    const asked = updates.longpolling_timeout_ms;
    this.#holdMs = Math.max(
      this.#ownHoldMs,
      typeof asked === 'number' && asked > 0 ? Math.min(asked, LONGEST_POLL_MS) : 0,
    );
    this.#backoff.up();
  }

  async #poll(signal: AbortSignal): Promise<Updates> {
    let held: NodeJS.Timeout | undefined;
    const watch = () => {
      if (!this.#trusting) return;
      held = setTimeout(() => this.#tell('ready'), this.#timing.heldMs);
      held.unref();
    };
    try {
      return await this.#api.call<Updates>(
        'getupdates',
        { get_updates_buf: this.#cursor },
        { signal, timeoutMs: this.#holdMs + this.#timing.graceMs, sent: watch },
      );
    } finally {
      clearTimeout(held);
    }
  }

  #advance(cursor: unknown): void {
    if (typeof cursor !== 'string' || cursor === '' || cursor === this.#cursor) return;
    this.#cursor = cursor;
    // Not waited for: from an older cursor the messages come again, and are known then. Failures are told there.
    void this.#keptCursor.write(cursor);
  }

  /** Tells the world what is wrong; returns how long to wait. */
  #judge(error: unknown): number {
    const waitMs = this.#backoff.next(error instanceof AppError ? error.retryAfterMs : undefined);
    if (!(error instanceof AppError)) {
      this.#log.warn(
        { error: describeError(error) },
        'messages could not be stored, they will be fetched again',
      );
      return waitMs;
    }
    if (error.kind === 'network' || error.kind === 'ambiguous') {
      if (error.code === 'weixin_timeout') this.#trusting = false;
      this.#tell('down', error.message);
      return waitMs;
    }
    // The service answered, so it is there.
    this.#lastProgressAt = performance.now();
    if (error.kind === 'auth') {
      this.#trusting = false;
      this.#tell('denied', describeError(error));
      return Math.max(waitMs, this.#timing.deniedMs);
    }
    this.#tell('down', error.message);
    return waitMs;
  }

  #tell(state: 'ready' | 'down' | 'denied', detail?: string): void {
    const now = `${state} ${detail ?? ''}`.trim();
    if (now === this.#state || this.#ending.signal.aborted) return;
    this.#state = now;
    if (state === 'ready') this.#log.info({}, 'weixin is ready');
    else this.#log.warn({ state, detail }, 'weixin is not connected');
    this.#hooks.state(state, detail);
  }
}
