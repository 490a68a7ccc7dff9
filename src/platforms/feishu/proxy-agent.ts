import type { Agent } from 'node:http';
import { AppError } from '../../core/errors.ts';

/** An agent that goes through a proxy, for HTTP and the websocket alike. */
export async function proxyAgent(proxy: string | undefined): Promise<Agent | undefined> {
  if (proxy === undefined) return undefined;
  const { protocol } = new URL(proxy);
  if (protocol.startsWith('socks')) {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    return new SocksProxyAgent(proxy, { keepAlive: true }) as Agent;
  }
  if (protocol === 'http:' || protocol === 'https:') {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(proxy, { keepAlive: true }) as Agent;
  }
  throw new AppError('options_invalid', `proxy: "${protocol}" is not http, https or socks`, {
    kind: 'validation',
  });
}
