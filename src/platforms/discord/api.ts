import type { REST, RequestMethod } from 'discord.js';
import { type CallKind, toAppError } from './errors.ts';
import type { DiscordOptions } from './options.ts';
import { Transport } from './transport.ts';

export interface CallOptions {
  readonly kind: CallKind;
  readonly signal: AbortSignal;
  readonly body?: object;
  readonly query?: Readonly<Record<string, string>>;
  readonly files?: readonly { readonly name: string; readonly data: Buffer; readonly contentType?: string }[];
  /** False for calls that carry an interaction's own token. */
  readonly auth?: boolean;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Calls to Discord's REST API through the SDK's client: it knows the rate limit buckets. It neither waits nor
 * retries here: every refusal comes back at once as an `AppError`, and who called decides.
 */
export class DiscordApi {
  readonly transport: Transport;
  readonly #options: DiscordOptions;
  readonly #callMs: number;
  #rest: Promise<REST> | undefined;

  constructor(options: DiscordOptions, callMs: number) {
    this.#options = options;
    this.#callMs = callMs;
    this.transport = new Transport(options.apiUrl, options.proxy);
  }

  /** `route` begins with a slash, without version. Resolves with the parsed answer. Throws `AppError`. */
  async call<T = unknown>(method: Method, route: string, options: CallOptions): Promise<T> {
    const what = `${method} ${route.replace(/\/(interactions|webhooks)\/(\d+)\/[^/]+/, '/$1/$2/…')}`;
    // The SDK never lets go of a signal it was given, so it gets one that ends with the call.
    const ending = new AbortController();
    const follow = () => ending.abort();
    options.signal.addEventListener('abort', follow, { once: true });
    try {
      options.signal.throwIfAborted();
      const rest = await this.rest();
      // After a 401 the SDK forgets the token.
      rest.setToken(this.#options.token);
      return (await rest.request({
        method: method as RequestMethod,
        fullRoute: route as `/${string}`,
        signal: ending.signal,
        auth: options.auth ?? true,
        ...(options.body === undefined ? {} : { body: options.body }),
        ...(options.query === undefined ? {} : { query: new URLSearchParams(options.query) }),
        ...(options.files === undefined ? {} : { files: [...options.files] }),
      })) as T;
    } catch (error) {
      throw toAppError(error, what, options.kind, options.signal.aborted);
    } finally {
      options.signal.removeEventListener('abort', follow);
    }
  }

  /** The SDK's client, made at the first call. */
  rest(): Promise<REST> {
    this.#rest ??= this.#make();
    return this.#rest;
  }

  async close(): Promise<void> {
    const rest = await this.#rest;
    rest?.clearHandlerSweeper();
    rest?.clearHashSweeper();
    await this.transport.close();
  }

  async #make(): Promise<REST> {
    const { REST } = await import('discord.js');
    const rest = new REST({
      version: '10',
      api: this.#options.apiUrl,
      retries: 0,
      timeout: this.#callMs,
      rejectOnRateLimit: () => true,
      makeRequest: (url, init) => this.transport.request(url, init) as never,
    });
    return rest.setToken(this.#options.token);
  }
}
