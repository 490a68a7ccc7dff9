import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Agent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestHttp,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';

/** The signal of the call under way: the SDK's client takes none. */
export const callSignal = new AsyncLocalStorage<AbortSignal>();

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Readable;
  readonly signal?: AbortSignal | undefined;
}

/** One request over the adapter's own connections and proxy; resolves with the head of the answer. */
export function send(url: string, agent: Agent, how: HttpRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body, signal } = how;
    const make = url.startsWith('https:') ? requestHttps : requestHttp;
    const request = make(url, { agent, method, headers, ...(signal ? { signal } : {}) }, resolve);
    request.on('error', reject);
    if (typeof body === 'object') {
      body.on('error', (error) => request.destroy(error));
      body.pipe(request);
    } else request.end(body);
  });
}

/** `fetch` for the SDK. The answer is read whole here, so that a cut in it is a failure of the request. */
export function fetchOver(agentFor: (url: string) => Promise<Agent>): typeof fetch {
  return async (input, init) => {
    const signal = callSignal.getStore();
    signal?.throwIfAborted();
    const headers = Object.fromEntries(new Headers(init?.headers).entries());
    const body = typeof init?.body === 'string' ? init.body : '';
    const url = String(input);
    const answer = await send(url, await agentFor(url), {
      method: init?.method ?? 'GET',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      body,
      signal,
    });
    const text = await readText(answer);
    const back = new Headers({ 'content-type': String(answer.headers['content-type'] ?? '') });
    const scopes = answer.headers['x-oauth-scopes'];
    if (typeof scopes === 'string') back.set('x-oauth-scopes', scopes);
    const wait = answer.headers['retry-after'];
    // Without it the SDK throws an error of no class.
    if (wait !== undefined || answer.statusCode === 429) back.set('retry-after', wait ?? '1');
    return new Response(text, { status: answer.statusCode ?? 500, headers: back });
  };
}

/** Longest answer that is read, bytes. */
const MOST = 32 * 1024 * 1024;

export async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  if (!answer.complete) throw Object.assign(new Error('the answer was cut off'), { code: 'ECONNRESET' });
  return Buffer.concat(chunks).toString('utf8');
}
