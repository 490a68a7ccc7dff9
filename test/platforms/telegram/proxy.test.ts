import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Platform } from '../../../src/core/platform.ts';
import { RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import { telegramWorld } from './world.ts';

let server: Server;
let world: Awaited<ReturnType<typeof telegramWorld>>;
let platform: Platform | undefined;
let folder: string;
const sockets = new Set<Socket>();
/** Connections the proxy made, and who asked for them. */
const made: { target: string; login: string }[] = [];

beforeEach(async () => {
  made.length = 0;
  server = createServer();
  server.on('connect', (request, socket, head) => {
    const login = String(request.headers['proxy-authorization'] ?? '').replace('Basic ', '');
    made.push({ target: request.url ?? '', login: Buffer.from(login, 'base64').toString() });
    // The name is known to the proxy only: this machine is always reached directly.
    const target = connect(Number((request.url ?? '').split(':')[1]), '127.0.0.1', () => {
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
  folder = await mkdtemp(join(tmpdir(), 'telegram-'));
  world = await telegramWorld();
});
afterEach(async () => {
  await platform?.stop();
  platform = undefined;
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

const forever = new AbortController().signal;
const start = async (options: Record<string, unknown>) => {
  const sink = new RecordingSink();
  const api_base = world.sim.url.replace('127.0.0.1', 'telegram.test');
  platform = world.create({ api_base, insecure_http: true, ...options });
  await platform.start(sink, forever);
  return { platform, sink };
};
const proxy = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

test('[feature: proxy] polling, sending, uploads and downloads all go through it', async () => {
  const login = { proxy: proxy(), proxy_username: 'ann', proxy_password: 'p@ss' };
  const { platform, sink } = await start(login);
  const bytes = Buffer.alloc(200_000, 7);
  const { id } = world.sim.addFile('notes.bin', bytes);
  const document = { file_id: id, file_unique_id: 'u', file_name: 'notes.bin' };
  world.sim.userSends(world.ann, 42, { text: 'read', extra: { document } });
  await waitUntil('the message', () => sink.messages.length === 1);
  const [file] = sink.messages[0]?.files ?? [];
  if (!file || !platform.files) throw new Error('no file');
  await platform.files.download(file, join(folder, 'in'), 1_000_000, forever);
  expect((await readFile(join(folder, 'in'))).equals(bytes)).toBe(true);

  await writeFile(join(folder, 'out.txt'), 'hello');
  const local = {
    kind: 'file',
    path: join(folder, 'out.txt'),
    name: 'out.txt',
    mime: 'text/plain',
    size: 5,
  } as const;
  for (const part of [
    ...platform.render({ kind: 'text', markdown: 'yes' }, world.direct),
    ...platform.render({ kind: 'file', file: local }, world.direct),
  ])
    await platform.send(world.direct, part, `k-${part.kind}`, forever);
  expect(world.botMessages()).toMatchObject([{ text: 'yes' }, { file: { name: 'out.txt', size: 5 } }]);

  // Every connection the service saw came from the proxy.
  expect(world.sim.accepted).toBe(made.length);
  const target = new URL(world.sim.url.replace('127.0.0.1', 'telegram.test')).host;
  expect(new Set(made.map((one) => `${one.login} ${one.target}`))).toEqual(new Set([`ann:p@ss ${target}`]));
});

test('a proxy that is away is told as an outage, and used once it is there', async () => {
  const address = proxy();
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const { sink } = await start({ proxy: address });
  await waitUntil('it is down', () => sink.lastState === 'down');
  expect(world.sim.accepted).toBe(0);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await waitUntil('it is ready', () => sink.lastState === 'ready');
});
