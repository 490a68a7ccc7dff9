import type { EventDispatcher, WSClient } from '@larksuiteoapi/node-sdk';
import type { EndpointAnswer } from './http.ts';

export interface ConnectionTimings {
  /** Milliseconds a websocket handshake may take. */
  readonly handshakeTimeoutMs: number;
  /** Seconds without any answer after a ping until the socket is given up. */
  readonly pongTimeoutSecs: number;
  /** First and longest wait between attempts. */
  readonly backoffMs: readonly [first: number, longest: number];
}

export interface ConnectionSetup {
  readonly timings: ConnectionTimings;
  /** Called before each attempt; throws or rejects when there is no sense in connecting yet. */
  prepare(signal: AbortSignal): Promise<void>;
  client(callbacks: {
    onReady(): void;
    onError(error: Error): void;
    onReconnecting(): void;
  }): Promise<WSClient>;
  readonly dispatcher: () => Promise<EventDispatcher>;
  state(state: 'ready' | 'down' | 'denied', detail?: string): void;
  /** What to make of a failed `prepare`. */
  explain(error: unknown): { denied: boolean; detail: string };
}

interface End {
  readonly denied: boolean;
  readonly detail: string;
  /** How long it stood, ms. */
  readonly stoodMs: number;
}

/** Codes of the endpoint that waiting does not cure. */
const deniedCodes = new Map([
  [
    403,
    'the app may not use the long connection: choose it in the developer console under events and callbacks',
  ],
  [514, 'app_id or app_secret is wrong'],
  [10003, 'app_id is unknown'],
  [10014, 'app_secret is wrong'],
]);

/** The app has as many connections as it may have. */
const tooMany = 1000040350;

/**
 * Keeps one long connection for as long as it runs. The SDK's own reconnecting waits up to half a minute and then two,
 * and gives up for good after some errors; so each client lives for one connection, and the next is ours to make.
 */
export class Connection {
  readonly #setup: ConnectionSetup;
  readonly #stop = new AbortController();
  #endpoint: EndpointAnswer | undefined;
  #running: Promise<void> | undefined;

  constructor(setup: ConnectionSetup) {
    this.#setup = setup;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** The HTTP line saw the answer of the endpoint. */
  sawEndpoint(answer: EndpointAnswer): void {
    this.#endpoint = answer;
  }

  async #run(): Promise<void> {
    const [first, longest] = this.#setup.timings.backoffMs;
    const { signal } = this.#stop;
    let wait = first;
    while (!signal.aborted) {
      const end = await this.#once();
      if (signal.aborted) return;
      this.#setup.state(end.denied ? 'denied' : 'down', end.detail);
      wait = end.stoodMs > 10_000 ? first : end.denied ? longest : wait;
      await pause(wait * (0.75 + Math.random() / 2), signal);
      wait = Math.min(wait * 2, longest);
    }
  }

  /** One connection, from the attempt to its end. */
  async #once(): Promise<End> {
    const { signal } = this.#stop;
    try {
      await this.#setup.prepare(signal);
    } catch (error) {
      return { ...this.#setup.explain(error), stoodMs: 0 };
    }
    this.#endpoint = undefined;
    let readyAt = 0;
    let client: WSClient | undefined;
    const dispatcher = await this.#setup.dispatcher();
    const over = new AbortController();
    const ended = await new Promise<string>((resolve) => {
      if (signal.aborted) return resolve('stopped');
      signal.addEventListener('abort', () => resolve('stopped'), { signal: over.signal });
      const callbacks = {
        onReady: () => {
          readyAt = performance.now();
          this.#setup.state('ready');
        },
        onError: (error: Error) => resolve(error.message),
        onReconnecting: () => resolve('the connection was lost'),
      };
      this.#connect(callbacks, dispatcher, over.signal, resolve).then(
        (made) => {
          client = made;
          if (over.signal.aborted) made.close({ force: true });
        },
        (error: unknown) => resolve(String(error)),
      );
    });
    over.abort();
    client?.close({ force: true });
    return this.#endOf(ended, readyAt);
  }

  async #connect(
    callbacks: Parameters<ConnectionSetup['client']>[0],
    eventDispatcher: EventDispatcher,
    over: AbortSignal,
    failed: (why: string) => void,
  ): Promise<WSClient> {
    const client = await this.#setup.client(callbacks);
    if (over.aborted) return client;
    await client.start({ eventDispatcher });
    // A first attempt that fails is told by no callback: only the planned next one shows it.
    const watch = setInterval(() => {
      const { state, nextConnectTime } = client.getConnectionStatus();
      const failedFirst = nextConnectTime !== undefined && state !== 'connected';
      if (failedFirst) failed('connecting failed');
      if (failedFirst || state === 'connected') clearInterval(watch);
    }, 100);
    over.addEventListener('abort', () => clearInterval(watch));
    return client;
  }

  #endOf(why: string, readyAt: number): End {
    const stoodMs = readyAt === 0 ? 0 : performance.now() - readyAt;
    const code = this.#endpoint?.code ?? 0;
    if (readyAt > 0 || code === 0) return { denied: false, detail: why, stoodMs };
    if (code === tooMany)
      return {
        denied: false,
        detail: 'too many programs are connected as this app: stop the others',
        stoodMs,
      };
    const known = deniedCodes.get(code);
    return {
      denied: known !== undefined,
      detail: known ?? `${this.#endpoint?.msg ?? why} (code ${code})`,
      stoodMs,
    };
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
