import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayDispatchPayload } from 'discord.js';
import { AppError, describeError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { Backoff } from '../../kit/backoff.ts';
import type { DiscordApi } from './api.ts';
import { GatewayRelay } from './gateway-relay.ts';
import { GatewayRun, isSocketUrl, type LiveSession, type RunEnd } from './gateway-run.ts';
import type { DiscordOptions } from './options.ts';
import type { Timing } from './timing.ts';

/** Servers, their messages, reactions aside; direct messages; and what the messages say. */
const INTENTS = (1 << 0) | (1 << 9) | (1 << 12) | (1 << 15);

/** Close codes no retry can cure, with the cure. */
const DENIED: Readonly<Record<number, string>> = {
  4004: 'the bot token is wrong or was reset: copy a new one from the Developer Portal (Bot, Reset Token) into the config',
  4010: 'Discord refuses the shard of this connection: update cc-connect',
  4011: 'the bot is in too many servers for one connection: remove it from some',
  4012: 'Discord no longer speaks this version of its gateway: update cc-connect',
  4013: 'Discord refuses the intents of this connection: update cc-connect',
  4014: 'the bot may not read messages: switch on "Message Content Intent" in the Developer Portal (your application, Bot, Privileged Gateway Intents)',
};

export interface GatewayEvents {
  ready(resumed: boolean): void;
  dispatch(payload: GatewayDispatchPayload): void;
  session(session: LiveSession | undefined): void;
  state(state: 'ready' | 'down' | 'denied', detail?: string): void;
}

/** Keeps one gateway connection up until `stop`: resumes where it can, waits longer after each failure, never gives up. */
export class Gateway {
  readonly #options: DiscordOptions;
  readonly #api: DiscordApi;
  readonly #events: GatewayEvents;
  readonly #timing: Timing;
  readonly #log: Log;
  readonly #ending = new AbortController();
  readonly #backoff: Backoff;
  readonly #relay: GatewayRelay | undefined;
  #session: LiveSession | undefined;
  #run: GatewayRun | undefined;
  #loop: Promise<void> | undefined;
  #told: string | undefined;
  lastProgressAt = 0;

  constructor(options: DiscordOptions, api: DiscordApi, events: GatewayEvents, timing: Timing, log: Log) {
    this.#options = options;
    this.#api = api;
    this.#events = events;
    this.#timing = timing;
    this.#log = log;
    this.#backoff = new Backoff({ baseMs: timing.retryMinMs, maxMs: timing.retryMaxMs });
    this.#relay = options.proxy ? new GatewayRelay(api.transport) : undefined;
  }

  start(session: LiveSession | undefined): void {
    this.#session = session;
    this.lastProgressAt = performance.now();
    this.#loop = this.#keepUp();
  }

  /** Connects anew behind the given event: those after it come again. */
  renew(session: LiveSession): void {
    this.#run?.stop('events are asked for again');
    this.#session = session;
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.#run?.stop('stopped');
    await this.#loop;
    await this.#relay?.close();
  }

  async #keepUp(): Promise<void> {
    const { signal } = this.#ending;
    await this.#relay?.open();
    while (!signal.aborted) {
      const end = await this.#once();
      this.#run = undefined;
      if (signal.aborted) return;
      await sleep(this.#judge(end), undefined, { signal }).catch(() => undefined);
    }
  }

  async #once(): Promise<RunEnd> {
    const run = new GatewayRun(
      {
        token: this.#options.token,
        intents: INTENTS,
        session: this.#session,
        information: (signal) => this.#information(signal),
        reach: (url) => this.#relay?.through(url) ?? url,
        timing: this.#timing,
        log: this.#log,
      },
      {
        alive: () => {
          this.lastProgressAt = performance.now();
        },
        session: (session) => {
          this.#session = session;
          this.#events.session(session);
        },
        ready: (resumed) => {
          this.#backoff.up();
          this.#tell('ready');
          this.#events.ready(resumed);
        },
        dispatch: (payload) => this.#events.dispatch(payload),
      },
    );
    this.#run = run;
    return run.run();
  }

  /** Tells the state after a connection and returns how long to wait for the next, in ms. */
  #judge(end: RunEnd): number {
    const denied = this.#denial(end);
    if (denied !== undefined) {
      // It was answered: another connection would not fare better.
      this.lastProgressAt = performance.now();
      this.#tell('denied', denied);
      return this.#timing.deniedMs;
    }
    const detail = end.error === undefined ? end.why : describeError(end.error);
    this.#log.info({ detail }, 'the gateway connection is over');
    // An ordinary move to another server is not worth telling.
    if (end.code !== RESUME_ASKED || this.#backoff.failures > 0) this.#tell('down', detail);
    const asked = end.error instanceof AppError ? end.error.retryAfterMs : undefined;
    return this.#backoff.next(asked);
  }

  #denial(end: RunEnd): string | undefined {
    if (end.code !== undefined && DENIED[end.code] !== undefined) return DENIED[end.code];
    const { error } = end;
    return error instanceof AppError && error.kind === 'auth' ? describeError(error) : undefined;
  }

  /** Each state once until it changes. */
  #tell(state: 'ready' | 'down' | 'denied', detail?: string): void {
    const mark = state === 'denied' ? `${state} ${detail}` : state;
    if (this.#told === mark) return;
    this.#told = mark;
    this.#events.state(state, detail);
  }

  /** `GET /gateway/bot`; one call per connection tells of a bad token before a socket is opened. */
  async #information(signal: AbortSignal): Promise<object> {
    const information = await this.#api.call<GatewayInformation>('GET', '/gateway/bot', {
      kind: 'repeatable',
      signal,
    });
    if (!isSocketUrl(information?.url))
      throw new AppError('discord_broken_answer', 'Discord told no gateway to connect to', {
        kind: 'unavailable',
      });
    const limit = information.session_start_limit;
    if (this.#session === undefined && limit && limit.remaining < STARTS_KEPT)
      throw new AppError('discord_starts_spent', 'the bot has connected too often today', {
        kind: 'rate_limit',
        retryAfterMs: limit.reset_after,
        advice:
          'something restarts too often, or another program uses this bot: give cc-connect one of its own',
      });
    const { url } = information;
    return { ...information, url: this.#relay?.through(url) ?? url };
  }
}

const RESUME_ASKED = 4200;
/** Discord resets the token of a bot that begins more sessions a day than it may; so many are left unused. */
const STARTS_KEPT = 3;

interface GatewayInformation {
  readonly url: string;
  readonly session_start_limit?: { readonly remaining: number /** ms */; readonly reset_after: number };
}
