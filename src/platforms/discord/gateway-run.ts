import { setImmediate as immediately, setTimeout as sleep } from 'node:timers/promises';
import type { GatewayDispatchPayload, SessionInfo, SimpleShardingStrategy } from 'discord.js';
import type { Log } from '../../core/platform.ts';
import type { Timing } from './timing.ts';

/** A gateway session as this process goes on with it. */
export interface LiveSession {
  readonly id: string;
  readonly resumeUrl: string;
  /** Number of the last event received. */
  readonly seq: number;
}

export interface RunEvents {
  ready(resumed: boolean): void;
  dispatch(payload: GatewayDispatchPayload): void;
  /** A sign of life. */
  alive(): void;
  session(session: LiveSession | undefined): void;
}

/** Why a connection ended. */
export interface RunEnd {
  /** The close code of the service, or undefined when we gave it up. */
  readonly code?: number;
  readonly why: string;
  readonly error?: unknown;
}

export interface RunSetup {
  readonly token: string;
  readonly intents: number;
  readonly session: LiveSession | undefined;
  /** Answers `GET /gateway/bot`, the address already being the one to connect to. */
  readonly information: (signal: AbortSignal) => Promise<object>;
  /** Where a session is resumed, as this process reaches it. */
  readonly reach: (url: string) => string;
  readonly timing: Timing;
  readonly log: Log;
}

const CLOSE_MS = 1_000;
/** Keeps the session alive on the service, unlike 1000. */
const RESUMABLE = 4200;

/**
 * One gateway connection, made by the SDK's shard. When it ends it is not reused: the SDK reconnects on
 * its own without end, without growing waits and also after `destroy`, drops the session when a hello is late and
 * waits half a minute for a dead socket to close. So each run gets a shard of its own, and an ended one is held
 * where it asks for its session.
 */
export class GatewayRun {
  readonly #setup: RunSetup;
  readonly #events: RunEvents;
  readonly #ended: Promise<RunEnd>;
  readonly #ending = new AbortController();
  #end: (end: RunEnd) => void = () => undefined;
  #over = false;
  #greeted = false;
  #session: LiveSession | undefined;
  #strategy: SimpleShardingStrategy | undefined;
  #watch: NodeJS.Timeout | undefined;
  #unready: NodeJS.Timeout | undefined;
  #aliveAt = Date.now();

  constructor(setup: RunSetup, events: RunEvents) {
    this.#setup = setup;
    this.#events = events;
    this.#session = setup.session;
    this.#ended = new Promise((resolve) => {
      this.#end = (end) => {
        this.#over = true;
        resolve(end);
      };
    });
  }

  /** Connects and resolves when the connection is over and nothing of it is left. */
  async run(): Promise<RunEnd> {
    this.#connect().catch((error: unknown) => this.#end({ why: 'the gateway could not be reached', error }));
    const end = await this.#ended;
    await this.#dismantle();
    return end;
  }

  /** Gives the connection up; the session stays resumable. */
  stop(why: string): void {
    this.#end({ why });
  }

  /** The SDK's own manager of shards cannot be reached past discord.js's; its strategy asks only this much of one. */
  async #connect(): Promise<void> {
    const { SimpleShardingStrategy } = await import('discord.js');
    const { timing, token, intents } = this.#setup;
    // From here on: to load the SDK takes a slow machine as long as it takes.
    this.#watchSilence(timing.callMs + timing.helloMs);
    const information = await this.#setup.information(this.#ending.signal);
    const manager = {
      options: {
        token,
        intents,
        version: '10',
        encoding: 'json',
        compression: null,
        largeThreshold: null,
        initialPresence: null,
        identifyProperties: { browser: 'cc-connect', device: 'cc-connect', os: process.platform },
        handshakeTimeout: timing.helloMs,
        helloTimeout: timing.helloMs,
        readyTimeout: timing.readyMs,
        // One bot identifies far less often than the limit; the growing waits between runs see to that.
        buildIdentifyThrottler: () => Promise.resolve({ waitForIdentify: () => Promise.resolve() }),
        retrieveSessionInfo: () => this.#retrieve(),
        updateSessionInfo: (_shard: number, info: SessionInfo | null) => this.#update(info),
      },
      fetchGatewayInformation: () => Promise.resolve(information),
      getShardCount: () => Promise.resolve(1),
      emit: (event: string, payload: object) => this.#heard(event, payload),
    };
    if (this.#over) return;
    const strategy = new SimpleShardingStrategy(manager as never);
    this.#strategy = strategy;
    await strategy.spawn([0]);
    if (!this.#over) await strategy.connect();
  }

  #heard(event: string, payload: Heard): void {
    if (event === 'error') {
      // Followed by a close with its code, which tells more.
      this.#setup.log.debug({ error: payload.error?.message }, 'the gateway reports an error');
      return;
    }
    if (event === 'closed') return this.#end({ code: payload.code, why: `closed with code ${payload.code}` });
    if (this.#over || event === 'debug') return;
    this.#alive();
    if (event === 'hello') this.#greet();
    if (event === 'ready' || event === 'resumed') {
      clearTimeout(this.#unready);
      this.#events.ready(event === 'resumed');
    }
    if (event === 'dispatch' && payload.data) this.#events.dispatch(payload.data);
  }

  /** A resume that is neither granted nor refused would otherwise be waited for without end. */
  #greet(): void {
    this.#greeted = true;
    clearTimeout(this.#unready);
    this.#unready = setTimeout(() => {
      this.#session = undefined;
      this.#events.session(undefined);
      this.stop('neither ready nor resumed in time');
    }, this.#setup.timing.readyMs * 2).unref();
  }

  #retrieve(): Promise<SessionInfo | null> | SessionInfo | null {
    // What an ended shard still wants to do, it never gets to.
    if (this.#over) return new Promise(() => undefined);
    const session = this.#session;
    // An address it cannot read would make the SDK reject where nobody listens.
    if (!session || !isSocketUrl(session.resumeUrl)) return null;
    return {
      sequence: session.seq,
      sessionId: session.id,
      resumeURL: this.#setup.reach(session.resumeUrl),
      shardId: 0,
      shardCount: 1,
    };
  }

  #update(info: SessionInfo | null): void {
    // Before its hello nobody has said that the session is void.
    if (this.#over || (info === null && !this.#greeted)) return;
    if (info === null) this.#session = undefined;
    else if (this.#session?.id === info.sessionId) this.#session = { ...this.#session, seq: info.sequence };
    else this.#session = { id: info.sessionId, resumeUrl: info.resumeURL, seq: info.sequence };
    this.#events.session(this.#session);
  }

  #alive(): void {
    if (this.#over) return;
    this.#aliveAt = Date.now();
    this.#events.alive();
    this.#watchSilence(this.#setup.timing.silenceMs);
  }

  /** The SDK notices a dead socket only at its second missing answer and then waits for it to close. */
  #watchSilence(ms: number): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      this.stop(`nothing heard for ${Math.round((Date.now() - this.#aliveAt) / 1000)} s`);
    }, ms).unref();
  }

  async #dismantle(): Promise<void> {
    clearTimeout(this.#watch);
    clearTimeout(this.#unready);
    this.#ending.abort();
    // A socket that is being made this very moment is there after it.
    await immediately();
    const socket = socketOf(this.#strategy);
    // Nobody else listens while a socket is torn down during its handshake.
    socket?.on('error', () => undefined);
    const strategy = this.#strategy;
    if (strategy) {
      const quiet = new AbortController();
      const late = sleep(CLOSE_MS, undefined, { signal: quiet.signal }).catch(() => undefined);
      const closed = strategy.destroy({ code: RESUMABLE }).catch((error: unknown) => {
        this.#setup.log.debug({ error: String(error) }, 'the gateway did not close well');
      });
      await Promise.race([closed, late]);
      quiet.abort();
    }
    socket?.terminate();
  }
}

export const isSocketUrl = (url: unknown): url is string =>
  typeof url === 'string' && URL.canParse(url) && /^wss?:/.test(url);

/** What the shard tells, one field or other by event. */
interface Heard {
  readonly code?: number;
  readonly error?: Error;
  readonly data?: GatewayDispatchPayload;
}

interface Socket {
  on(event: 'error', listener: () => void): unknown;
  terminate(): void;
}

/** The websocket inside the SDK's only shard; it gives no other way to cut a dead one off. */
function socketOf(strategy: object | undefined): Socket | undefined {
  const shards: unknown = strategy && Reflect.get(strategy, 'shards');
  const shard: unknown = shards instanceof Map ? shards.get(0) : undefined;
  const socket: unknown =
    typeof shard === 'object' && shard !== null ? Reflect.get(shard, 'connection') : undefined;
  const usable = typeof socket === 'object' && socket !== null && 'terminate' in socket && 'on' in socket;
  return usable ? (socket as Socket) : undefined;
}
