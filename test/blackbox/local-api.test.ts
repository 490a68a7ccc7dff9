import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { routes } from '../../src/servers/local/routes.ts';
import { seededRandom } from '../kit/seeded-random.ts';
import { cc, Daemon, type DaemonHome, makeHome, until, writeConfig } from './daemon.ts';

let home: DaemonHome;
let daemon: Daemon;
beforeEach(async () => {
  home = makeHome();
  writeConfig(home, { platforms: '' });
  daemon = await Daemon.start(home);
});
afterEach(async (context) => {
  if (context.task.result?.state === 'fail') process.stderr.write(daemon.log);
  await daemon.stop();
  home.remove();
});

interface Answer {
  readonly status: number;
  readonly json: unknown;
}

function call(method: string, path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socketPath = join(home.dataDir, 'run', 'api.sock');
    const sent = request({ socketPath, method, path, agent: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      resolve({ status: response.statusCode ?? 0, json: JSON.parse(Buffer.concat(chunks).toString()) });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** What calls are made of: words that mean something, and all that does not. */
const names = [
  ...[
    'project',
    'session',
    'session_key',
    'message',
    'cwd',
    'images',
    'files',
    'audios',
    'videos',
    'at_users',
  ],
  ...[
    'at_all',
    'tts_text',
    'id',
    'last',
    'code',
    'platform',
    'chat',
    'thread',
    'user',
    'actor',
    'path',
    'data',
  ],
  ...['name', 'mime', '__proto__', 'constructor'],
];
const scalars = [
  ...[
    '',
    'x',
    'demo',
    'terminal:default',
    'demo/telegram:1/2',
    '\u0000',
    '/etc',
    '/etc/hostname',
    '../..',
    '%',
  ],
  ...["'; DROP TABLE inputs; --", 'a'.repeat(5000), 'ü😀', '\ud800', -1, 0, 1e308, 7, true, false, null],
];
type Next = () => number;

const one = <T>(next: Next, list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;

function value(next: Next, depth = 0): unknown {
  const kind = next();
  if (kind < 0.7 || depth > 3) return one(next, scalars);
  if (kind < 0.85) return Array.from({ length: Math.floor(next() * 4) }, () => value(next, depth + 1));
  return fields(next, depth + 1);
}

function fields(next: Next, depth = 0): Record<string, unknown> {
  return Object.fromEntries(
    Array.from({ length: Math.floor(next() * 6) }, () => [one(next, names), value(next, depth)]),
  );
}

function query(next: Next): string {
  const parts = Object.entries(fields(next)).map(
    ([name, given]) => `${name}=${encodeURIComponent(String(given).replace('\ud800', ''))}`,
  );
  return parts.length > 0 ? `?${parts.join('&')}` : '';
}

/** Each asks agents and platforms, or reads the whole config. */
const slow = new Set(['GET /doctor', 'POST /reload']);
const known = Object.keys(routes).filter((route) => route !== 'POST /shutdown');

describe('the local socket of a running daemon', () => {
  it.each(known)(
    'answers whatever is put into %s, with a reason where it refuses',
    async (route) => {
      const [method = '', path = ''] = route.split(' ');
      for (let seed = 1; seed <= (slow.has(route) ? 3 : 120); seed++) {
        const next = seededRandom(seed);
        const where = path + query(next);
        const body = method === 'POST' ? JSON.stringify(fields(next)) : undefined;
        const answer = await call(method, where, body);
        const what = `seed ${seed}: ${where} ${body ?? ''} → ${JSON.stringify(answer)}`.slice(0, 2000);
        expect([200, 400, 403, 404, 409], what).toContain(answer.status);
        if (answer.status !== 200)
          expect(answer.json, what).toMatchObject({
            error: expect.stringMatching(/./),
            code: expect.stringMatching(/^\w+$/),
          });
      }
      expect((await call('GET', '/status')).status).toBe(200);
      expect(daemon.log).not.toMatch(/"level":[56]0/);
    },
    60_000,
  );

  it('takes whatever an attached terminal sends, and answers the next good line', async () => {
    const socket = connect(join(home.dataDir, 'run', 'api.sock'));
    let said = '';
    let rest = '';
    socket.on('data', (chunk) => {
      said += String(chunk);
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      // What is not acknowledged holds up what comes behind it.
      for (const line of lines)
        for (const [, ack] of line.matchAll(/"ack":(\d+)/g))
          socket.write(`${JSON.stringify({ t: 'ack', ack: Number(ack), known: true })}\n`);
    });
    socket.on('error', () => {});
    socket.write('GET /attach HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: cc-terminal\r\n\r\n');
    await until(() => said.includes('"hello"'), 'the greeting');
    for (let seed = 1; seed <= 300; seed++) {
      const next = seededRandom(seed);
      const frame = {
        t: one(next, ['input', 'action', 'stop', 'ack', 'nonsense', 7]),
        id: one(next, [`fuzzed-${seed}`, 'short', null, value(next)]),
        // Words for the agent would run as turns; commands that only read are enough.
        text: one(next, ['/help', '/status', '/list 9', '/whoami \u0000', 5, null]),
        data: one(next, ['nav:/status', 'nav:/list 2', 'act:/nothing', 'ap:x:y', ':', value(next)]),
        ref: value(next),
        ack: one(next, [0, 1, -1, 1.5, 'x']),
        at: one(next, [undefined, Date.now(), -1, 1e308]),
        form: one(next, [undefined, fields(next)]),
        files: one(next, [undefined, [fields(next)], [{ path: '/etc', name: 'x', mime: 'x', size: 1 }]]),
      };
      socket.write(`${next() < 0.1 ? String.fromCharCode(next() * 256) : ''}${JSON.stringify(frame)}\n`);
    }
    socket.write(`${JSON.stringify({ t: 'input', id: 'the-good-one', text: '/version', at: Date.now() })}\n`);
    await until(() => /"message"[^\n]*cc-connect \d+\.\d+/.test(said), 'the answer to the good line');
    socket.destroy();
    expect((await cc(home, ['status'])).code).toBe(0);
    expect(daemon.log).not.toMatch(/"level":[56]0/);
  }, 60_000);

  it('is not ended by what is no reason to end, and ends for one', async () => {
    for (let seed = 1; seed <= 120; seed++) {
      const next = seededRandom(seed);
      const body = { ...fields(next), reason: one(next, [7, '', null, true, [], {}, 'r'.repeat(1001)]) };
      expect((await call('POST', '/shutdown', JSON.stringify(body))).status).toBe(400);
    }
    expect((await cc(home, ['status'])).code).toBe(0);
    expect((await call('POST', '/shutdown', '{"reason":"tried enough"}')).status).toBe(200);
    expect(await daemon.exited).toMatchObject({ code: 0 });
  });
});
