import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { HttpInstance } from '@larksuiteoapi/node-sdk';

type Config = Record<string, unknown>;

/** The answer of the address that hands out websocket addresses. */
export interface EndpointAnswer {
  readonly code?: number;
  readonly msg?: string;
  readonly data?: unknown;
}

export interface HttpLine {
  readonly instance: HttpInstance;
  /** For the websocket too, when a proxy is used. */
  readonly agent: HttpAgent | undefined;
  /** Closes idle connections. */
  close(): void;
}

export interface HttpLineOptions {
  /** The SDK's shared axios instance; its interceptor unwraps bodies. */
  readonly base: HttpInstance;
  /** Milliseconds until a call without an own limit is given up. */
  readonly timeoutMs: number;
  /** An agent that goes through a proxy. */
  readonly proxyAgent?: HttpAgent;
  onEndpoint(answer: EndpointAnswer): void;
}

/**
 * The HTTP client given to both SDK clients: connections of its own that end with the adapter, a limit for every
 * call, no environment proxy when one is configured, and the endpoint's answers seen by us. An endpoint refusal comes
 * without `data`, which the SDK takes for an outage; it is completed so that the SDK reports it.
 */
export function httpLine(options: HttpLineOptions): HttpLine {
  const plain = options.proxyAgent ?? new HttpAgent({ keepAlive: true, keepAliveMsecs: 30_000 });
  const secure = options.proxyAgent ?? new HttpsAgent({ keepAlive: true, keepAliveMsecs: 30_000 });
  const common: Config = {
    timeout: options.timeoutMs,
    httpAgent: plain,
    httpsAgent: secure,
    maxBodyLength: Number.POSITIVE_INFINITY,
    maxContentLength: Number.POSITIVE_INFINITY,
    maxRedirects: 0,
    ...(options.proxyAgent ? { proxy: false } : {}),
  };
  const request = async (config: Config): Promise<unknown> => {
    const endpoint = String(config.url).endsWith('/callback/ws/endpoint');
    const limit = Math.min(Number(config.timeout ?? options.timeoutMs), options.timeoutMs);
    const answer: unknown = await options.base.request({
      ...common,
      ...config,
      timeout: endpoint ? limit : (config.timeout ?? options.timeoutMs),
    } as never);
    if (!endpoint || typeof answer !== 'object' || answer === null) return answer;
    options.onEndpoint(answer as EndpointAnswer);
    return 'data' in answer && answer.data ? answer : { ...answer, data: {} };
  };
  const post = (url: string, data?: unknown, config?: Config) =>
    request({ ...config, method: 'post', url, data });
  const close = () => {
    plain.destroy();
    secure.destroy();
  };
  // The SDK calls nothing but `request` and `post`.
  return {
    instance: { ...options.base, request, post } as unknown as HttpInstance,
    agent: options.proxyAgent,
    close,
  };
}
