import { setImmediate as laterThisTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Update } from 'grammy/types';
import { AppError, describeError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { Backoff } from '../../kit/backoff.ts';
import type { TelegramClient } from './client.ts';
import { allowedUpdates } from './inbound.ts';
import type { BotIdentity } from './mention.ts';
import type { Timing } from './timing.ts';

export interface PollerHooks {
  /** The bot's own id and name, once per connection and before the first batch. */
  identified(bot: BotIdentity): void;
  /** Resolves when the whole batch is stored; rejects when any of it is not. */
  deliver(batch: readonly Update[]): Promise<void>;
  state(state: 'ready' | 'down' | 'denied', detail?: string): void;
}

/**
 * Our own long poll: the offset moves only after the whole batch is stored, so what was not stored comes again.
 * Every failure is waited out; the loop ends only by `stop`.
 */
export class Poller {
  /** Time by `performance.now()` of the last answer to a poll. */
  lastProgressAt = 0;
  readonly #client: TelegramClient;
  readonly #hooks: PollerHooks;
  readonly #timing: Timing;
  readonly #log: Log;
  readonly #backoff: Backoff;
  readonly #ending = new AbortController();
  #running: Promise<void> | undefined;
  #offset = 0;
  #fresh = true;
  #known = false;
  #conflictAt = Number.NEGATIVE_INFINITY;
  #state = '';

  constructor(client: TelegramClient, hooks: PollerHooks, timing: Timing, log: Log) {
    this.#client = client;
    this.#hooks = hooks;
    this.#timing = timing;
    this.#backoff = new Backoff({ baseMs: timing.retryMinMs, maxMs: timing.retryMaxMs });
    this.#log = log;
  }

  start(): void {
    this.lastProgressAt = performance.now();
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await this.#once(signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, signal);
      }
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    if (!this.#known) await this.#identify(signal);
    // After a failure the first poll answers at once, so that "ready" does not wait for a long one.
    const timeout = this.#fresh ? 0 : this.#timing.pollSecs;
    const batch: unknown = await this.#client.call(
      'getUpdates',
      { offset: this.#offset, timeout, limit: 100, allowed_updates: allowedUpdates },
      { kind: 'repeatable', signal, timeoutMs: timeout * 1000 + this.#timing.graceMs },
    );
    this.lastProgressAt = performance.now();
    if (!Array.isArray(batch))
      throw new AppError('telegram_broken_answer', 'getUpdates did not answer with a list', {
        kind: 'unavailable',
      });
    // Two pollers cut each other off in turn; a poll that got through between two cuts is no peace yet.
    const peace = performance.now() - this.#conflictAt > this.#timing.conflictQuietMs;
    if (peace) this.#tell('ready');
    if (batch.length > 0) {
      await this.#hooks.deliver(batch as Update[]);
      this.#offset = nextOffset(batch, this.#offset);
      // What has just been stored goes to the agents first: making the next call takes a part of a millisecond.
      await laterThisTurn();
    }
    this.#backoff.up();
    this.#fresh = false;
  }

  async #identify(signal: AbortSignal): Promise<void> {
    const me = await this.#client.call('getMe', {}, { kind: 'repeatable', signal });
    this.lastProgressAt = performance.now();
    this.#known = true;
    this.#hooks.identified({ id: me.id, username: me.username });
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    this.#fresh = true;
    const waitMs = await this.#judge(error, signal);
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }

  /** Tells the world what is wrong; returns how long to wait. */
  async #judge(error: unknown, signal: AbortSignal): Promise<number> {
    const waitMs = this.#backoff.next(error instanceof AppError ? error.retryAfterMs : undefined);
    if (!(error instanceof AppError)) {
      this.#log.warn(
        { error: describeError(error) },
        'updates could not be stored, they will be fetched again',
      );
      return waitMs;
    }
    if (error.kind === 'network' || error.kind === 'ambiguous') {
      this.#tell('down', error.message);
      return waitMs;
    }
    // The service answered, so it is there.
    this.lastProgressAt = performance.now();
    if (error.kind === 'auth') {
      this.#known = false;
      this.#tell('denied', describeError(error));
      return this.#timing.deniedMs;
    }
    if (error.kind === 'conflict') this.#conflictAt = performance.now();
    if (error.kind === 'conflict' && /webhook/i.test(error.message)) return this.#dropWebhook(signal, waitMs);
    this.#tell('down', error.kind === 'conflict' ? (error.advice ?? error.message) : error.message);
    return waitMs;
  }

  async #dropWebhook(signal: AbortSignal, waitMs: number): Promise<number> {
    this.#log.warn({}, 'a webhook takes the updates of this bot, it is removed');
    const dropped = await this.#client
      .call('deleteWebhook', { drop_pending_updates: false }, { kind: 'repeatable', signal })
      .then(
        () => true,
        (error: unknown) => {
          this.#tell('down', `the webhook could not be removed: ${describeError(error)}`);
          return false;
        },
      );
    return dropped ? 0 : waitMs;
  }

  #tell(state: 'ready' | 'down' | 'denied', detail?: string): void {
    const now = `${state} ${detail ?? ''}`.trim();
    if (now === this.#state) return;
    this.#state = now;
    if (state === 'ready') this.#log.info({}, 'telegram is ready');
    else this.#log.warn({ state, detail }, 'telegram is not connected');
    this.#hooks.state(state, detail);
  }
}

/** One more than the highest update id; things without an id cannot be confirmed and do not hold up the rest. */
function nextOffset(batch: readonly unknown[], offset: number): number {
  return batch.reduce<number>((next, update) => {
    const id = (update as { update_id?: unknown } | null)?.update_id;
    return typeof id === 'number' && Number.isSafeInteger(id) ? Math.max(next, id + 1) : next;
  }, offset);
}
