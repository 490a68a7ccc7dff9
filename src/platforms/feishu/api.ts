import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import type { Client } from '@larksuiteoapi/node-sdk';
import { AppError } from '../../core/errors.ts';
import { FeishuRefusal, kindOfStatus, transportError } from './errors.ts';
import { TokenSource } from './token.ts';

/** One call of the open API. */
export interface ApiCall {
  /** What it does, for errors and logs. */
  readonly op: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the domain, ids already encoded. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, unknown>>;
  /** Sends `data` as multipart, files as streams. Not repeated after a token was refused: streams are spent. */
  readonly multipart?: boolean;
  /** Milliseconds; default that of the line. */
  readonly timeoutMs?: number;
}

export interface Download {
  readonly stream: Readable;
  readonly headers: Readonly<Record<string, string>>;
}

interface Body {
  readonly code?: number;
  readonly msg?: string;
  readonly data?: unknown;
}

/** Codes that say the access token, not the app, is refused. */
const staleToken = new Set([99991663, 99991661, 99991664, 99991665, 99991668, 99991671]);

/**
 * Every call goes through here: HTTP status and answer code are both checked, refusals become typed errors, a refused
 * token is renewed once. Messages carry neither tokens nor secrets.
 */
export class FeishuApi {
  readonly #client: () => Promise<Client>;
  readonly #token: TokenSource;

  constructor(client: () => Promise<Client>, credentials: { appId: string; appSecret: string }) {
    this.#client = client;
    this.#token = new TokenSource(async () => {
      const answer = await this.#raw(
        {
          op: 'fetching an access token',
          method: 'POST',
          path: '/open-apis/auth/v3/tenant_access_token/internal',
          data: { app_id: credentials.appId, app_secret: credentials.appSecret },
        },
        undefined,
        AbortSignal.timeout(20_000),
      );
      const { tenant_access_token: token, expire } = answer as {
        tenant_access_token?: string;
        expire?: number;
      };
      if (!token) throw new FeishuRefusal('fetching an access token', 10014, 'no token in the answer', 200);
      return { token, lifetimeMs: (expire ?? 7200) * 1000 };
    });
  }

  /** Resolves with `data` of the answer. */
  async call<T>(call: ApiCall, signal: AbortSignal): Promise<T> {
    const body = (await this.#authorised(call, signal)) as { data?: T };
    return (body.data ?? {}) as T;
  }

  /** Resolves with the whole answer: some old calls put their fields beside `code`. */
  async callWhole<T>(call: ApiCall, signal: AbortSignal): Promise<T> {
    return (await this.#authorised(call, signal)) as T;
  }

  /** Resolves with a stream of the bytes; the caller reads or destroys it. */
  async download(call: ApiCall, signal: AbortSignal): Promise<Download> {
    const answer = await this.#authorised(call, signal, { responseType: 'stream', $return_headers: true });
    const { data, headers } = answer as { data: Readable; headers: Record<string, string> };
    return { stream: data, headers };
  }

  async #authorised(call: ApiCall, signal: AbortSignal, extra?: object): Promise<unknown> {
    const token = await this.#tokenOr(call.op, signal);
    try {
      return await this.#raw(call, token, signal, extra);
    } catch (error) {
      if (!(error instanceof FeishuRefusal) || !staleToken.has(error.feishuCode)) throw error;
      this.#token.forget(token);
      if (call.multipart)
        throw new AppError('feishu_network', 'the access token was renewed, try again', { kind: 'network' });
      return this.#raw(call, await this.#tokenOr(call.op, signal), signal, extra);
    }
  }

  /** A failed token fetch means that the call itself never left. */
  async #tokenOr(op: string, signal: AbortSignal): Promise<string> {
    if (signal.aborted)
      throw new AppError('feishu_network', `${op} was aborted before it began`, { kind: 'network' });
    try {
      return await this.#token.get();
    } catch (error) {
      if (error instanceof AppError && error.kind === 'ambiguous')
        throw new AppError('feishu_network', error.message, { kind: 'network' });
      throw error;
    }
  }

  async #raw(
    call: ApiCall,
    token: string | undefined,
    signal: AbortSignal,
    extra?: object,
  ): Promise<unknown> {
    const client = await this.#client();
    const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
    if (call.multipart) headers['Content-Type'] = 'multipart/form-data';
    // Many calls may share a signal. axios listens to it for as long as the call lasts.
    setMaxListeners(0, signal);
    let answer: unknown;
    try {
      answer = await client.request({
        method: call.method,
        url: call.path,
        params: call.params,
        data: call.data,
        headers,
        signal,
        ...(call.timeoutMs === undefined ? {} : { timeout: call.timeoutMs }),
        ...extra,
      } as never);
    } catch (error) {
      throw await answered(call.op, error, signal.aborted);
    }
    const download = extra ? (answer as { data: Readable; headers: Record<string, string> }) : undefined;
    if (download && !isRefusal(download.headers)) return answer;
    const body = download ? await bodyOf(download.data) : (answer as Body | undefined);
    if (download) download.data.destroy();
    if (typeof body !== 'object' || body === null || body.code === undefined || (download && body.code === 0))
      throw new AppError('feishu_unavailable', `${call.op}: the answer is not from the open API`, {
        kind: 'unavailable',
      });
    if (body.code !== 0) throw new FeishuRefusal(call.op, body.code, body.msg ?? '', 200);
    return body;
  }
}

/** Turns a failed HTTP call into a refusal when there was an answer, else into a transport error. */
async function answered(op: string, error: unknown, aborted: boolean): Promise<AppError> {
  if (error instanceof AppError) return error;
  const response = (
    error as { response?: { status: number; data?: unknown; headers?: Record<string, unknown> } }
  ).response;
  if (!response) return transportError(op, error, aborted);
  const body = await bodyOf(response.data);
  const reset = Number(response.headers?.['x-ogw-ratelimit-reset'] ?? response.headers?.['retry-after']);
  const retryAfterMs = Number.isFinite(reset) && reset > 0 ? reset * 1000 : undefined;
  if (typeof body?.code === 'number' && body.code !== 0)
    return new FeishuRefusal(op, body.code, body.msg ?? '', response.status, retryAfterMs);
  const kind = kindOfStatus(response.status);
  return new AppError(`feishu_${kind}`, `${op} failed with HTTP ${response.status}`, {
    kind,
    retryAfterMs: kind === 'rate_limit' ? (retryAfterMs ?? 1000) : retryAfterMs,
  });
}

/** A file comes with a disposition; JSON without one is the service speaking, whatever the HTTP status. */
function isRefusal(headers: Readonly<Record<string, string>>): boolean {
  return (
    headers['content-disposition'] === undefined &&
    /^application\/json\b/i.test(headers['content-type'] ?? '')
  );
}

/** The JSON of an answer that is no file; of a stream its first 64 KB. Undefined when that is no object. */
async function bodyOf(data: unknown): Promise<Body | undefined> {
  if (typeof data !== 'object' || data === null) return undefined;
  if (!(Symbol.asyncIterator in data)) return data as Body;
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of data as AsyncIterable<Buffer>) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > 65_536) break;
    }
    const body: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'));
    return typeof body === 'object' && body !== null ? (body as Body) : undefined;
  } catch {
    // Broken off or no JSON: it says nothing, and the HTTP status is all there is to go by.
    return undefined;
  }
}
