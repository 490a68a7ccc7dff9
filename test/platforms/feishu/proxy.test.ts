import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../../conformance/recording-sink.ts';
import { type Bench, forever, openBench } from './harness.ts';

let server: Server;
let bench: Bench | undefined;
const sockets = new Set<Socket>();
const seen: { target: string; login: string }[] = [];

beforeEach(async () => {
  seen.length = 0;
  server = createServer();
  server.on('connect', (request, socket, head) => {
    const login = String(request.headers['proxy-authorization'] ?? '').replace('Basic ', '');
    seen.push({ target: request.url ?? '', login: Buffer.from(login, 'base64').toString() });
    const [host, port] = (request.url ?? '').split(':');
    const target = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.write(head);
      target.pipe(socket).pipe(target);
    });
    for (const end of [socket as Socket, target]) {
      sockets.add(end);
      end.on('error', () => end.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await bench?.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test('[feature: proxy] both the API and the connection go through it', async () => {
  const { port } = server.address() as AddressInfo;
  bench = await openBench({
    proxy: `http://127.0.0.1:${port}`,
    proxy_username: 'ann',
    proxy_password: 'p@ss',
  });
  const { sim, sink, platform, direct } = bench;
  sim.userSends({ text: 'hi' });
  await waitUntil('the message arrives', () => sink.messages.length === 1);
  const [part] = platform.render({ kind: 'text', markdown: 'yes' }, direct);
  if (!part) throw new Error('nothing rendered');
  await platform.send(direct, part, 'k', forever);
  expect(sim.messages(direct.chat)).toHaveLength(1);
  // Every connection of the simulator came from the proxy.
  expect(seen.length).toBeGreaterThanOrEqual(sim.connections);
  expect(seen.every(({ login }) => login === 'ann:p@ss')).toBe(true);
});
