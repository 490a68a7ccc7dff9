import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import { discordWorld } from './world.ts';

const forever = new AbortController().signal;
/** A name only the proxy can reach. */
const HOST = 'discord.test';
let server: Server;
const sockets = new Set<Socket>();
const seen: { target: string; login: string }[] = [];

beforeEach(async () => {
  seen.length = 0;
  server = createServer();
  server.on('connect', (request, socket, head) => {
    const login = String(request.headers['proxy-authorization'] ?? '').replace('Basic ', '');
    seen.push({ target: request.url ?? '', login: Buffer.from(login, 'base64').toString() });
    const port = Number((request.url ?? '').split(':')[1]);
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.write(head);
      target.pipe(socket).pipe(target);
    });
    for (const end of [socket as Socket, target]) {
      sockets.add(end);
      end.on('error', () => end.destroy());
      end.on('close', () => sockets.delete(end));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test('REST, gateway and files go through the proxy', async () => {
  const world = await discordWorld();
  const { sim } = world;
  sim.host = HOST;
  const folder = await mkdtemp(join(tmpdir(), 'discord-proxy-'));
  const platform = world.create({
    api_url: `http://${HOST}:${sim.port}/api`,
    insecure_http: true,
    proxy: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    proxy_username: 'ann',
    proxy_password: 'p@ss',
  });
  try {
    const sink = new RecordingSink();
    await platform.start(sink, forever);
    await waitUntil('it is ready', () => sink.lastState === 'ready');
    const attachment = sim.attachment('a.txt', Buffer.from('content'), 'text/plain');
    sim.says(world.dm, world.ann, 'look', { attachments: [attachment] });
    await waitUntil('the message arrives', () => sink.messages.length === 1);
    const file = sink.messages[0]?.files?.[0];
    if (!file) throw new Error('no file');
    await platform.files.download(file, join(folder, 'a'), 100, forever);
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('content');
    sim.gateway.cut();
    sim.says(world.dm, world.ann, 'after the cut');
    await waitUntil('it arrives', () => sink.messages.length === 2);
    expect(sim.gateway.resumes).toBe(1);
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(seen.every(({ target, login }) => target.startsWith(HOST) && login === 'ann:p@ss')).toBe(true);
    await platform.stop();
    await waitUntil('nothing is left open', () => sim.connections === 0);
  } finally {
    await platform.stop();
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
});
