import type { Client } from '@larksuiteoapi/node-sdk';
import type { Log } from '../../core/platform.ts';
import { type EndpointAnswer, type HttpLine, httpLine } from './http.ts';
import type { FeishuOptions } from './options.ts';
import { proxyAgent } from './proxy-agent.ts';
import { type LarkSdk, loadSdk } from './sdk.ts';
import { sdkLogger } from './sdk-log.ts';

export interface OpenLine {
  readonly sdk: LarkSdk;
  readonly http: HttpLine;
  readonly client: Client;
}

/** The SDK and its HTTP connections, opened on first use and ended together. */
export class ApiLine {
  readonly #options: FeishuOptions;
  readonly #log: Log;
  readonly #timeoutMs: number;
  readonly #onEndpoint: (answer: EndpointAnswer) => void;
  #line: Promise<OpenLine> | undefined;

  constructor(
    options: FeishuOptions,
    log: Log,
    timeoutMs: number,
    onEndpoint: (answer: EndpointAnswer) => void = () => {},
  ) {
    this.#options = options;
    this.#log = log;
    this.#timeoutMs = timeoutMs;
    this.#onEndpoint = onEndpoint;
  }

  open(): Promise<OpenLine> {
    this.#line ??= this.#open();
    return this.#line;
  }

  async close(): Promise<void> {
    const line = await this.#line?.catch(() => undefined);
    line?.http.close();
  }

  async #open(): Promise<OpenLine> {
    const { appId, appSecret, domain, proxy } = this.#options;
    const [sdk, agent] = await Promise.all([loadSdk(), proxyAgent(proxy)]);
    const http = httpLine({
      base: sdk.defaultHttpInstance as HttpLine['instance'],
      timeoutMs: this.#timeoutMs,
      proxyAgent: agent,
      onEndpoint: this.#onEndpoint,
    });
    const client = new sdk.Client({
      appId,
      appSecret,
      domain,
      httpInstance: http.instance,
      logger: sdkLogger(this.#log),
      loggerLevel: sdk.LoggerLevel.error,
      // Tokens are ours: fetched once for many waiters, forgotten when refused.
      disableTokenCache: true,
    });
    return { sdk, http, client };
  }
}
