import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AppError } from '../core/errors.ts';
import { isLoopback } from './endpoint.ts';

/** A proxy as configured; user and password may stand in the address instead. */
export interface ProxySettings {
  /** `http:`, `https:`, `socks:`, `socks4:`, `socks4a:`, `socks5:` or `socks5h:`. */
  url: string;
  username?: string;
  password?: string;
}

const POOL: AgentOptions = { keepAlive: true, maxSockets: 64 };

/**
 * The agent for all requests to `target` (a URL), through the proxy if one is
 * set. Loopback addresses are always reached directly. The caller owns the
 * agent and must `destroy()` it.
 * @throws AppError `proxy_invalid`, which never repeats the address.
 */
export async function outboundAgent(target: string, proxy?: ProxySettings): Promise<HttpAgent> {
  if (proxy === undefined || isLoopback(new URL(target).hostname)) {
    return target.startsWith('https:') || target.startsWith('wss:')
      ? new HttpsAgent(POOL)
      : new HttpAgent(POOL);
  }
  const url = proxyUrl(proxy);
  return url.protocol.startsWith('socks') ? socksAgent(url) : httpAgent(url);
}

/** The proxy's address with its credentials in place. */
export function proxyUrl(proxy: ProxySettings): URL {
  if (!URL.canParse(proxy.url)) throw invalid();
  const url = new URL(proxy.url);
  if (!/^(https?|socks(4a?|5h?)?):$/.test(url.protocol) || url.hostname === '') throw invalid();
  if (proxy.username) url.username = encodeURIComponent(proxy.username);
  if (proxy.password) url.password = encodeURIComponent(proxy.password);
  return url;
}

async function httpAgent(url: URL): Promise<HttpAgent> {
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  type Connect = InstanceType<typeof HttpsProxyAgent>['connect'];
  class BypassingAgent extends HttpsProxyAgent<string> {
    override async connect(...[request, options]: Parameters<Connect>): ReturnType<Connect> {
      if (!isLoopback(options.host ?? 'localhost')) return super.connect(request, options);
      return options.secureEndpoint ? connectTls(options) : connect(options);
    }
  }
  return new BypassingAgent(url.href, POOL);
}

async function socksAgent(url: URL): Promise<HttpAgent> {
  const { SocksProxyAgent } = await import('socks-proxy-agent');
  type Connect = InstanceType<typeof SocksProxyAgent>['connect'];
  class BypassingAgent extends SocksProxyAgent {
    override async connect(...[request, options]: Parameters<Connect>): ReturnType<Connect> {
      if (!isLoopback(options.host ?? 'localhost')) return super.connect(request, options);
      return options.secureEndpoint ? connectTls(options) : connect(options);
    }
  }
  return new BypassingAgent(url, POOL);
}

function invalid(): AppError {
  return new AppError('proxy_invalid', 'the proxy address is not valid', {
    kind: 'validation',
    advice: 'write it as http://host:port or socks5://host:port',
  });
}
