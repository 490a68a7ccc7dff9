import type { Agent } from 'node:http';
import { isLoopback } from '../../kit/endpoint.ts';
import { outboundAgent, type ProxySettings } from '../../kit/proxy.ts';

/**
 * The adapter's connections. Addresses for sockets, uploads and answers come from the service and need not be of the
 * kind that the Web API's is, so there is one agent for each kind.
 */
export class Agents {
  readonly #proxy: ProxySettings | undefined;
  readonly #made = new Map<string, Promise<Agent>>();

  constructor(proxy: ProxySettings | undefined) {
    this.#proxy = proxy;
  }

  for(url: string): Promise<Agent> {
    const { protocol, hostname } = new URL(url);
    const kind = `${/^(https|wss):$/.test(protocol)} ${isLoopback(hostname)}`;
    const known = this.#made.get(kind);
    if (known) return known;
    const made = outboundAgent(url, this.#proxy);
    this.#made.set(kind, made);
    return made;
  }

  async close(): Promise<void> {
    for (const made of this.#made.values()) (await made.catch(() => undefined))?.destroy();
  }
}
