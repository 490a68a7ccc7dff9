import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { AppError } from '../../core/errors.ts';
import { limited } from '../../kit/deadline.ts';
import { outboundAgent, type ProxySettings } from '../../kit/proxy.ts';
import { transportError } from './errors.ts';

export interface HttpCall {
  /** What it does, for errors. */
  readonly op: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Instead of `body`: what is too long to be held. */
  readonly upload?: { readonly stream: Readable; readonly length: number };
  /** Until the head of the answer is there, ms. */
  readonly timeoutMs: number;
  /** Reach the address without the configured proxy. */
  readonly direct?: boolean;
  /** Called when the request is written and its answer awaited. */
  readonly sent?: () => void;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Longest answer that is read into memory; a batch of messages holds no media. */
const ANSWER_BYTES = 32 * 1024 * 1024;

/** HTTP for one bot: connections of its own, through the proxy where one is set. Ends with `close`. */
export class HttpLine {
  readonly #proxy: ProxySettings | undefined;
  readonly #agents = new Map<string, Promise<Agent>>();
  #closed = false;

  constructor(proxy: ProxySettings | undefined) {
    this.#proxy = proxy;
  }

  /** Reads the whole answer, whatever its status. Throws `network` when nothing was sent, else `ambiguous`. */
  fetch(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
    return limited(call.timeoutMs, [signal], async (limit) => {
      try {
        const response = await this.open({ ...call, timeoutMs: 0 }, limit);
        const text = await read(call.op, response);
        return { status: response.statusCode ?? 0, headers: response.headers, text };
      } catch (error) {
        if (limit.aborted && !signal.aborted) throw timedOut(call);
        throw transportError(call.op, error);
      }
    });
  }

  /** Resolves with the answer as soon as its head is there; the caller reads or destroys it. */
  async open(call: HttpCall, signal: AbortSignal): Promise<IncomingMessage> {
    if (signal.aborted || this.#closed)
      throw new AppError('weixin_aborted', `${call.op} was aborted before it began`, { kind: 'network' });
    const agent = await this.#agent(call);
    const send = call.url.startsWith('https:') ? requestHttps : requestHttp;
    try {
      return await new Promise<IncomingMessage>((resolve, reject) => {
        const { body, upload } = call;
        const length = upload?.length ?? body?.length;
        const request = send(
          call.url,
          {
            method: call.method,
            agent,
            signal,
            headers: { ...call.headers, ...(length === undefined ? {} : { 'content-length': length }) },
          },
          resolve,
        );
        if (call.timeoutMs > 0) request.setTimeout(call.timeoutMs, () => request.destroy(timedOut(call)));
        request.on('error', reject);
        const { sent } = call;
        if (sent)
          request.on('finish', () => {
            // Bytes for a connection that does not stand yet are only waiting.
            if (request.socket?.connecting) request.socket.once('connect', sent);
            else sent();
          });
        if (upload) upload.stream.on('error', (error) => request.destroy(error)).pipe(request);
        else request.end(body);
      });
    } catch (error) {
      call.upload?.stream.destroy();
      throw transportError(call.op, error);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const agent of this.#agents.values()) (await agent).destroy();
    this.#agents.clear();
  }

  #agent(call: HttpCall): Promise<Agent> {
    const { origin } = new URL(call.url);
    const key = `${origin} ${call.direct === true}`;
    const known = this.#agents.get(key);
    if (known) return known;
    const made = outboundAgent(origin, call.direct ? undefined : this.#proxy);
    this.#agents.set(key, made);
    return made;
  }
}

async function read(op: string, response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES)
      throw new AppError('weixin_answer', `${op}: the answer is too long`, { kind: 'unavailable' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function timedOut(call: HttpCall): AppError {
  return new AppError('weixin_timeout', `${call.op}: no answer in time`, { kind: 'ambiguous' });
}
