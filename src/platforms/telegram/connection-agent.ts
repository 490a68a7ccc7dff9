import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

const pool = { keepAlive: true, maxSockets: 64 } as const;

/** Connections to the service, through a proxy if one is set. Owned by the caller, who destroys it. */
export async function connectionAgent(target: string, proxy: string | undefined): Promise<HttpAgent> {
  if (proxy?.startsWith('socks')) {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    return new SocksProxyAgent(proxy, pool);
  }
  if (proxy) {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(proxy, pool);
  }
  return target.startsWith('https:') ? new HttpsAgent(pool) : new HttpAgent(pool);
}
