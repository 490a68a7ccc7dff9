import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { EventDispatcher } from '@larksuiteoapi/node-sdk';
import type { Log } from '../../core/platform.ts';
import { Backoff } from '../../kit/backoff.ts';
import type { ConnectionSetup } from './connection.ts';
import type { WebhookOptions } from './options.ts';
import { openEnvelope } from './webhook-envelope.ts';

/** Larger than any event; what is longer is not from the service. */
const mostBytes = 2 * 1024 * 1024;

export type WebhookSetup = Pick<
  ConnectionSetup,
  'prepare' | 'dispatcher' | 'state' | 'explain' | 'timings'
> & {
  readonly options: WebhookOptions;
  readonly log: Log;
};

/**
 * Receives events by HTTP, where the long connection is not to be had. An answer of 200 is the acknowledgement, so it
 * is given after the commit; 500 makes the service send the event again.
 */
export class Webhook {
  readonly #setup: WebhookSetup;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(setup: WebhookSetup) {
    this.#setup = setup;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const [baseMs, maxMs] = this.#setup.timings.backoffMs;
    const backoff = new Backoff({ baseMs, maxMs });
    while (!signal.aborted) {
      try {
        await this.#setup.prepare(signal);
        await this.#serve(await this.#setup.dispatcher(), signal);
      } catch (error) {
        if (signal.aborted) return;
        const { denied, detail } = this.#setup.explain(error);
        this.#setup.state(denied ? 'denied' : 'down', detail);
      }
      await this.#pause(backoff.next());
    }
  }

  /** Resolves when it was stopped; rejects when it cannot listen. */
  async #serve(dispatcher: EventDispatcher, signal: AbortSignal): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response, dispatcher).catch((error: unknown) => {
        this.#setup.log.warn({ error: String(error) }, 'a pushed event was not stored');
        if (response.headersSent) response.destroy();
        else reply(response, 500, { msg: 'not stored' });
      });
    });
    server.requestTimeout = 10_000;
    await listen(server, this.#setup.options.port);
    this.#setup.state('ready');
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    dispatcher: EventDispatcher,
  ): Promise<void> {
    const { options, log } = this.#setup;
    const path = (request.url ?? '').split('?')[0];
    if (request.method !== 'POST' || path !== options.path) return reply(response, 404, {});
    const body = await readBody(request);
    if (body === undefined) return reply(response, 413, {});
    const envelope = openEnvelope(body, request.headers, options);
    if (envelope.kind === 'challenge') return reply(response, 200, { challenge: envelope.challenge });
    if (envelope.kind === 'refused') {
      log.warn({ why: envelope.why }, 'a request to the webhook was refused');
      return reply(response, 403, {});
    }
    const answer: unknown = await dispatcher.invoke(envelope.event, { needCheck: false });
    reply(response, 200, typeof answer === 'object' && answer !== null ? answer : {});
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stop;
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
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve());
  });
}

/** The body as text; undefined when it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > mostBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
