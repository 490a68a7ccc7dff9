import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { outboundAgent, type ProxySettings } from '../../kit/proxy.ts';

/** Largest answer that is read, in bytes. */
const MOST = 16 * 1024 * 1024;

/** What discord.js hands to the function that makes its requests. */
export interface RequestInit {
  readonly method?: string;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null;
}

/**
 * The HTTP under the SDK's REST client: pooled connections of our own, through the proxy if one is set, ended by
 * `close`. The SDK's default goes around proxies and keeps sockets that nobody can close.
 */
export class Transport {
  readonly #apiUrl: string;
  readonly #proxy: ProxySettings | undefined;
  #agent: Promise<Agent> | undefined;

  constructor(apiUrl: string, proxy: ProxySettings | undefined) {
    this.#apiUrl = apiUrl;
    this.#proxy = proxy;
  }

  async request(url: string, init: RequestInit): Promise<Response> {
    const { body, type } = await bytesOf(init.body);
    const headers: Record<string, string> = { ...(init.headers as Record<string, string>) };
    if (type) headers['Content-Type'] = type;
    if (body) headers['Content-Length'] = String(body.length);
    const agent = await this.agent();
    const make = url.startsWith('https:') ? requestHttps : requestHttp;
    const answer = await new Promise<{ message: IncomingMessage; text: Buffer }>((resolve, reject) => {
      const request = make(
        url,
        { method: init.method ?? 'GET', headers, agent, signal: init.signal ?? undefined },
        (message) => {
          readAll(message).then((text) => resolve({ message, text }), reject);
        },
      );
      request.on('error', reject);
      request.end(body);
    });
    return toResponse(answer.message, answer.text);
  }

  agent(): Promise<Agent> {
    this.#agent ??= outboundAgent(this.#apiUrl, this.#proxy);
    return this.#agent;
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const agent = await this.#agent;
    agent?.destroy();
    this.#agent = undefined;
  }
}

async function bytesOf(body: unknown): Promise<{ body?: Buffer; type?: string }> {
  if (body === null || body === undefined) return {};
  if (typeof body === 'string') return { body: Buffer.from(body) };
  // A form: the platform's own serialiser knows its boundary.
  const form = new Response(body as FormData);
  return { body: Buffer.from(await form.arrayBuffer()), type: form.headers.get('content-type') ?? undefined };
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST) throw new SyntaxError('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toResponse(message: IncomingMessage, text: Buffer): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  const status = message.statusCode ?? 0;
  const empty = status === 204 || status === 205 || status === 304;
  return new Response(empty ? null : new Uint8Array(text), { status, headers });
}
