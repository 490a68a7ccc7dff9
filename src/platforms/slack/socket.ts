import type { Agent } from 'node:http';
import { WebSocket } from 'ws';
import { AppError, describeError, kindOf } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { Backoff } from '../../kit/backoff.ts';
import type { SlackTimings } from './timing.ts';
import { record, type Wire, word } from './wire.ts';

/** One thing the service wants acknowledged. */
export interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly payload: Wire;
  readonly retry: number | undefined;
}

export interface SocketSetup {
  readonly log: Log;
  readonly timings: SlackTimings;
  /** Asks for a new address; throws with kind `auth` or `permission` when a person must act. */
  address(signal: AbortSignal): Promise<string>;
  agent(url: string): Promise<Agent>;
  /** Connected and greeted. */
  ready(): void;
  /** Resolves with what the acknowledgement carries; rejects to have the envelope again. */
  envelope(envelope: Envelope): Promise<object | undefined>;
  state(state: 'ready' | 'down' | 'denied', detail?: string): void;
}

/** Why a socket ended: `renewed` was announced by the service and is no trouble. */
type Ending = { readonly renewed: boolean; readonly detail: string };

/**
 * Socket mode: asks for an address, connects, answers envelopes, and begins anew for ever. The SDK's own client gives
 * up with an unhandled rejection, and falls over envelopes that are not what they should be.
 */
export class SocketLine {
  readonly #setup: SocketSetup;
  readonly #ended = new AbortController();
  readonly #backoff: Backoff;
  readonly #sockets = new Set<WebSocket>();
  #running: Promise<void> | undefined;
  #lastProgressAt = 0;
  #denied: string | undefined;

  constructor(setup: SocketSetup) {
    this.#setup = setup;
    const [baseMs, maxMs] = setup.timings.backoffMs;
    this.#backoff = new Backoff({ baseMs, maxMs, stableMs: Math.min(30_000, maxMs) });
  }

  /** Time by `performance.now()` of the last thing that came. */
  get lastProgressAt(): number {
    return this.#lastProgressAt;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    for (const socket of this.#sockets) socket.terminate();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      let wait: number;
      try {
        const url = await this.#setup.address(signal);
        const ending = await this.#session(url);
        if (signal.aborted) return;
        if (ending.renewed) {
          this.#backoff.reset();
          continue;
        }
        this.#setup.state('down', ending.detail);
        wait = this.#backoff.next();
      } catch (error) {
        if (signal.aborted) return;
        wait = this.#failed(error);
      }
      await pause(wait, signal);
    }
  }

  /** Tells what is wrong, what needs a person once; returns the wait before the next attempt. */
  #failed(error: unknown): number {
    const detail = describeError(error);
    // What the service answered, whatever it was, is a sign of life.
    if (!['network', 'ambiguous'].includes(kindOf(error))) this.#lastProgressAt = performance.now();
    const lasting = ['auth', 'permission', 'permanent', 'validation'].includes(kindOf(error));
    if (!lasting) {
      this.#setup.state('down', detail);
      return this.#backoff.next(error instanceof AppError ? error.retryAfterMs : 0);
    }
    if (this.#denied !== detail) {
      this.#denied = detail;
      this.#setup.state('denied', detail);
    }
    return this.#setup.timings.deniedMs;
  }

  async #session(url: string): Promise<Ending> {
    const { timings } = this.#setup;
    const socket = new WebSocket(url, {
      agent: await this.#setup.agent(url),
      handshakeTimeout: timings.helloMs,
      maxPayload: 16 * 1024 * 1024,
    });
    this.#sockets.add(socket);
    if (this.#ended.signal.aborted) socket.terminate();
    return new Promise((resolve) => {
      let greeted = false;
      let aliveAt = performance.now();
      const openedAt = aliveAt;
      const alive = () => {
        aliveAt = performance.now();
        this.#lastProgressAt = aliveAt;
      };
      const watch = setInterval(() => {
        const silent = performance.now() - aliveAt > timings.silenceMs;
        if (silent || (!greeted && performance.now() - openedAt > timings.helloMs)) {
          end(false, silent ? 'the connection went silent' : 'the connection was not greeted');
          socket.terminate();
        } else if (socket.readyState === WebSocket.OPEN) socket.ping();
      }, timings.pingMs).unref();
      const end = (renewed: boolean, detail: string) => {
        clearInterval(watch);
        resolve({ renewed, detail });
      };
      socket.on('ping', alive).on('pong', alive);
      socket.on('message', (data) => {
        alive();
        const frame = parse(String(data));
        if (frame.type === 'hello') {
          greeted = true;
          this.#greeted();
        } else if (frame.type === 'disconnect') this.#dismissed(frame, socket, end);
        else void this.#receive(frame, socket);
      });
      socket.on('error', (error) => end(false, transportWords(error)));
      socket.on('close', () => {
        this.#sockets.delete(socket);
        end(false, 'the connection was closed');
      });
    });
  }

  #greeted(): void {
    this.#backoff.up();
    this.#denied = undefined;
    this.#setup.state('ready');
    this.#setup.ready();
  }

  /** The service recycles connections every few hours: the next one is made while this one finishes its work. */
  #dismissed(frame: Wire, socket: WebSocket, end: (renewed: boolean, detail: string) => void): void {
    const reason = word(frame.reason);
    if (reason === 'warning') return; // the real one follows in a few seconds
    if (reason === 'link_disabled') {
      const fix = 'switch Socket Mode on again, on the page of the app';
      this.#failed(
        new AppError('slack_link_disabled', `Socket Mode was switched off (${fix})`, { kind: 'permission' }),
      );
    }
    end(reason !== 'link_disabled', `the service ended the connection (${reason ?? 'no reason'})`);
    setTimeout(() => socket.terminate(), 3_000).unref();
  }

  async #receive(frame: Wire, socket: WebSocket): Promise<void> {
    const { log } = this.#setup;
    const id = word(frame.envelope_id);
    const type = word(frame.type);
    if (id === undefined || type === undefined) {
      log.debug({ type }, 'a frame that is no envelope was skipped');
      return;
    }
    const retry = typeof frame.retry_attempt === 'number' ? frame.retry_attempt : undefined;
    try {
      const payload = await this.#setup.envelope({ id, type, payload: record(frame.payload), retry });
      if (socket.readyState !== WebSocket.OPEN) return; // it comes again, and is known then
      socket.send(JSON.stringify({ envelope_id: id, ...(payload ? { payload } : {}) }), () => {});
    } catch (error) {
      log.warn({ type, error: describeError(error) }, 'an event could not be stored and is not acknowledged');
    }
  }
}

function parse(text: string): Wire {
  try {
    return record(JSON.parse(text));
  } catch {
    return {};
  }
}

/** The address of a socket holds its ticket, so of an error only the code gets out. */
function transportWords(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return `the connection failed (${typeof code === 'string' ? code : 'no code'})`;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, signal.aborted ? 0 : ms);
    signal.addEventListener('abort', done);
  });
}
