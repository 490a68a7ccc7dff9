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
    const port = Number(request.url?.split(':')[1]);
    // Whatever the name, it is this machine.
    const target = connect(port, '127.0.0.1', () => {
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

test('calls and the connection go through the proxy', async () => {
  const { port } = server.address() as AddressInfo;
  const proxy = { proxy: `http://127.0.0.1:${port}`, proxy_username: 'ann', proxy_password: 'p@ss' };
  bench = await openBench({ ...proxy, insecure_http: true }, { host: 'slack.invalid' });
  const { sim, sink, platform, direct } = bench;
  sim.says(direct.chat, 'hi');
  await waitUntil('the message arrives', () => sink.messages.length === 1);
  const [part] = platform.render({ kind: 'text', markdown: 'yes' }, direct);
  if (!part) throw new Error('nothing rendered');
  await platform.send(direct, part, 'k', forever);
  expect(sim.botMessages(direct.chat)).toHaveLength(1);
  expect(seen.length).toBeGreaterThanOrEqual(2);
  expect(seen.every(({ target, login }) => target.startsWith('slack.invalid:') && login === 'ann:p@ss')).toBe(
    true,
  );
});
