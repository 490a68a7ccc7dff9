import { once } from 'node:events';
import { type Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outboundAgent, proxyUrl } from '../../src/kit/proxy.ts';

let target: Server;
let proxy: Server;
let tunnels: { to: string | undefined; auth: string | undefined }[];
const agents: Agent[] = [];

const port = (server: Server) => (server.address() as AddressInfo).port;

beforeEach(async () => {
  tunnels = [];
  target = createServer((_request, response) => response.end('answer')).listen(0, '127.0.0.1');
  proxy = createServer().listen(0, '127.0.0.1');
  proxy.on('connect', (request, socket) => {
    tunnels.push({ to: request.url, auth: request.headers['proxy-authorization'] });
    const upstream = connect(port(target), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  await Promise.all([once(target, 'listening'), once(proxy, 'listening')]);
});
afterEach(() => {
  for (const agent of agents.splice(0)) agent.destroy();
  for (const server of [target, proxy]) {
    server.closeAllConnections();
    server.close();
  }
});

async function fetchBy(url: string, agent: Agent): Promise<string> {
  agents.push(agent);
  const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

describe('a proxy', () => {
  it('is used with its credentials', async () => {
    const agent = await outboundAgent('http://far.example', {
      url: `http://127.0.0.1:${port(proxy)}`,
      username: 'me',
      password: 'p@ss',
    });
    expect(await fetchBy('http://far.example:81/', agent)).toBe('answer');
    expect(tunnels).toEqual([
      { to: 'far.example:81', auth: `Basic ${Buffer.from('me:p@ss').toString('base64')}` },
    ]);
  });

  it('is left out for this machine, whatever the agent was made for', async () => {
    const settings = { url: `http://127.0.0.1:${port(proxy)}` };
    const own = `http://127.0.0.1:${port(target)}`;
    expect(await fetchBy(own, await outboundAgent(own, settings))).toBe('answer');
    expect(await fetchBy(own, await outboundAgent('http://far.example', settings))).toBe('answer');
    const socks = await outboundAgent('http://far.example', { url: 'socks5://127.0.0.1:1' });
    expect(await fetchBy(own, socks)).toBe('answer');
    expect(tunnels).toEqual([]);
  });

  it('that is misconfigured is refused without repeating its password', () => {
    for (const url of ['', 'nonsense', 'ftp://x', 'http://']) {
      expect(() => proxyUrl({ url, password: 'hunter2' })).toThrow(
        expect.objectContaining({ code: 'proxy_invalid', message: expect.not.stringContaining('hunter2') }),
      );
    }
    expect(proxyUrl({ url: 'socks5h://a:b@h:1', username: 'c' }).href).toBe('socks5h://c:b@h:1');
  });
});
