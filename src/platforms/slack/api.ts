import type { Agent, IncomingMessage } from 'node:http';
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { withDeadline } from '../../kit/deadline.ts';
import { Agents } from './agents.ts';
import { brokenAnswer, type CallKind, rateLimited, refusal, transportError } from './errors.ts';
import { callSignal, fetchOver, type HttpRequest, readText, send } from './http.ts';
import type { SlackOptions } from './options.ts';
import { sdkLogger } from './sdk-log.ts';
import { list, record, type Wire, word } from './wire.ts';

/** What we use of the SDK; the rest of it is for apps with a web server. */
export type Bolt = Pick<typeof import('@slack/bolt'), 'App' | 'webApi'>;
type WebClient = InstanceType<Bolt['webApi']['WebClient']>;

/** How one call is made. */
export interface CallOptions {
  readonly kind: CallKind;
  readonly signal?: AbortSignal | undefined;
}

interface Loaded {
  readonly bolt: Bolt;
  readonly bot: WebClient;
  readonly app: WebClient;
}

/** The Web API through the SDK, loaded at the first call; with deadlines, own connections and our errors. */
export class SlackApi {
  readonly #options: SlackOptions;
  readonly #log: Log;
  readonly #timeoutMs: number;
  readonly #agents: Agents;
  readonly #ended = new AbortController();
  #loading: Promise<Loaded> | undefined;

  constructor(options: SlackOptions, log: Log, timeoutMs: number) {
    this.#options = options;
    this.#log = log;
    this.#timeoutMs = timeoutMs;
    this.#agents = new Agents(options.proxy);
  }

  /** One call as the bot. Throws `AppError`; no token is in any of them. */
  async call(method: string, args: Record<string, unknown>, how: CallOptions): Promise<Wire> {
    return this.#call((await this.#load()).bot, method, args, how);
  }

  /** One call as the app, with the app-level token. */
  async callAsApp(method: string, how: CallOptions): Promise<Wire> {
    return this.#call((await this.#load()).app, method, {}, how);
  }

  /** Posts JSON to an address from a payload, as `response_url`. */
  async respond(url: string, body: object, signal: AbortSignal): Promise<void> {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
    const answer = await this.request('response_url', url, { method: 'POST', headers, body: text }, signal);
    await readText(answer);
    if (answer.statusCode !== 200) throw brokenAnswer('response_url', answer.statusCode ?? 0, 'repeatable');
  }

  /** A plain request over the same connections and proxy; aborted with `signal` or when the adapter ends. */
  async request(what: string, url: string, how: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const agent = await this.#agents.for(url);
    const all = AbortSignal.any([signal, this.#ended.signal]);
    try {
      return await send(url, agent, { ...how, signal: all });
    } catch (error) {
      throw transportError(what, error, 'repeatable', all.aborted);
    }
  }

  async bolt(): Promise<Bolt> {
    return (await this.#load()).bolt;
  }

  /** The agent for a socket to this address. */
  agent(url: string): Promise<Agent> {
    return this.#agents.for(url);
  }

  /** How clients of the SDK are to be made. */
  clientOptions() {
    return {
      slackApiUrl: this.#options.apiUrl,
      fetch: fetchOver((url) => this.#agents.for(url)),
      logger: sdkLogger(this.#log),
      // Repeating is the outbox's business: it knows what may be repeated. The SDK would post twice.
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      // Never queued, so that every call starts in its own context.
      maxRequestConcurrency: 10_000,
    };
  }

  /** Ends all calls and connections. */
  async close(): Promise<void> {
    this.#ended.abort();
    await this.#loading?.catch(() => undefined);
    await this.#agents.close();
  }

  async #call(client: WebClient, method: string, args: Record<string, unknown>, how: CallOptions) {
    if (how.signal?.aborted || this.#ended.signal.aborted)
      throw transportError(method, new Error('aborted'), 'repeatable', true);
    const parents = how.signal ? [how.signal, this.#ended.signal] : [this.#ended.signal];
    try {
      return await withDeadline(method, this.#timeoutMs, parents, async (signal) =>
        record(await callSignal.run(signal, () => client.apiCall(method, args))),
      );
    } catch (error) {
      throw this.#explain(
        error,
        method,
        how.kind,
        parents.some(({ aborted }) => aborted),
      );
    }
  }

  #explain(error: unknown, method: string, kind: CallKind, aborted: boolean): AppError {
    const { code, data, retryAfter, statusCode, original } = error as {
      code?: unknown;
      data?: unknown;
      retryAfter?: unknown;
      statusCode?: unknown;
      original?: unknown;
    };
    if (aborted) return transportError(method, error, kind, true);
    if (code === 'slack_webapi_rate_limited_error') return rateLimited(method, Number(retryAfter) || 1);
    if (code === 'slack_webapi_http_error') return brokenAnswer(method, Number(statusCode), kind);
    if (code === 'slack_webapi_platform_error') {
      const answer = record(data);
      const what = word(answer.error) ?? 'unknown';
      // An answer that is no JSON comes as the error's word.
      if (!/^[\w.:-]{1,80}$/.test(what)) return brokenAnswer(method, 200, kind);
      const details = list(record(answer.response_metadata).messages).map(String).join('; ').slice(0, 300);
      if (details !== '') this.#log.debug({ method, details }, 'slack told more about a refusal');
      return refusal(method, what, kind, word(answer.needed));
    }
    if (error instanceof AppError) return transportError(method, error, kind, true);
    return transportError(method, original ?? error, kind, false);
  }

  #load(): Promise<Loaded> {
    this.#loading ??= this.#create();
    return this.#loading;
  }

  async #create(): Promise<Loaded> {
    const { botToken, appToken } = this.#options;
    const bolt = await loadBolt();
    const options = this.clientOptions();
    const { WebClient } = bolt.webApi;
    return { bolt, bot: new WebClient(botToken, options), app: new WebClient(appToken, options) };
  }
}

async function loadBolt(): Promise<Bolt> {
  const { App, webApi } = await import('@slack/bolt');
  return { App, webApi };
}
