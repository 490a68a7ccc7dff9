import type { Agent } from 'node:http';
import type { ApiMethods, InputFile, Opts } from 'grammy/types';
import { AppError } from '../../core/errors.ts';
import { DeadlineError, withDeadline } from '../../kit/deadline.ts';
import { outboundAgent } from '../../kit/proxy.ts';
import { type CallKind, toAppError } from './api-errors.ts';
import type { TelegramOptions } from './options.ts';

export type Method = keyof ApiMethods;
export type Result<M extends Method> = ReturnType<ApiMethods[M]>;

/** How one call is made. */
export interface CallOptions {
  readonly kind: CallKind;
  readonly signal?: AbortSignal;
  /** Without an answer for this long the call is given up; default the client's. */
  readonly timeoutMs?: number;
}

type Grammy = typeof import('grammy');

interface Loaded {
  readonly grammy: Grammy;
  readonly agent: Agent;
  readonly raw: Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>;
}

/** These take no payload, and grammY wants none. */
const bare: ReadonlySet<string> = new Set(['getMe', 'getWebhookInfo']);

/** The Bot API through grammY, loaded at the first call; with deadlines, own connections and our errors. */
export class TelegramClient {
  readonly #options: TelegramOptions;
  readonly #timeoutMs: number;
  #loading: Promise<Loaded> | undefined;
  #closed = false;

  constructor(options: TelegramOptions, timeoutMs: number) {
    this.#options = options;
    this.#timeoutMs = timeoutMs;
  }

  /** One call. Throws `AppError`; the token is in none of them. */
  async call<M extends Method>(method: M, payload: Opts<M>, how: CallOptions): Promise<Result<M>> {
    if (how.signal?.aborted) throw toAppError(undefined, method, 'repeatable', 'caller');
    const { raw } = await this.#load();
    if (this.#closed)
      throw new AppError('telegram_stopped', `${method} after the platform was stopped`, { kind: 'network' });
    const send = raw[method];
    if (!send) throw new TypeError(`no method ${method}`);
    try {
      const answer = await withDeadline(method, how.timeoutMs ?? this.#timeoutMs, how.signal, (signal) =>
        bare.has(method) ? send(signal) : send(payload, signal),
      );
      return answer as Result<M>;
    } catch (error) {
      const late = error instanceof DeadlineError ? 'deadline' : undefined;
      throw toAppError(error, method, how.kind, how.signal?.aborted ? 'caller' : late);
    }
  }

  /** A file of this machine for an upload; streamed when it is sent. */
  async upload(path: string, name: string): Promise<InputFile> {
    const { grammy } = await this.#load();
    return new grammy.InputFile(path, name.replace(/[\r\n"]/g, '_'));
  }

  /** The agent whose connections and proxy downloads share. */
  async agent(): Promise<Agent> {
    return (await this.#load()).agent;
  }

  /** Closes all connections; no call is made any more. */
  async close(): Promise<void> {
    this.#closed = true;
    const loaded = await this.#loading?.catch(() => undefined);
    loaded?.agent.destroy();
  }

  #load(): Promise<Loaded> {
    this.#loading ??= this.#create();
    return this.#loading;
  }

  async #create(): Promise<Loaded> {
    const { apiBase, proxy, token } = this.#options;
    const [grammy, agent] = await Promise.all([import('grammy'), outboundAgent(apiBase, proxy)]);
    const api = new grammy.Api(token, {
      apiRoot: apiBase,
      baseFetchConfig: { agent, compress: true },
    });
    return { grammy, agent, raw: api.raw as unknown as Loaded['raw'] };
  }
}
