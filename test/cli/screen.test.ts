import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { main } from '../../src/cli/main.ts';
import type { ServerFrame, TerminalBody } from '../../src/platforms/terminal/frames.ts';
import { LocalServer } from '../../src/servers/local/local-server.ts';
import { FakeBackend, quietLog } from '../servers/local/fake-backend.ts';

let folder: string;
let backend: FakeBackend;
let server: LocalServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cc-screen-'));
  backend = new FakeBackend();
  server = new LocalServer({ backend, dataDir: folder, log: quietLog, maxFileBytes: () => 1 });
  await server.start();
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const asking: TerminalBody = {
  kind: 'card',
  card: {
    blocks: [
      {
        kind: 'buttons',
        rows: [
          [
            { label: 'Allow', data: 'yes', style: 'primary' },
            { label: 'Deny', data: 'no', style: 'danger' },
          ],
        ],
      },
    ],
  },
};

/** `cc-connect chat` on a screen of 80 by 24. */
async function onScreen() {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode() {} });
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let painted = '';
  stdout.on('data', (chunk) => {
    painted += String(chunk);
  });
  const io: Io = {
    out() {},
    err() {},
    stdin,
    stdout,
    columns: 80,
    env: { HOME: folder, CC_DATA_DIR: folder },
    cwd: folder,
  };
  const done = main(['chat'], io);
  await until(() => painted.includes('session "default"'));
  return {
    done,
    type: (keys: string) => stdin.write(keys),
    show: (frame: ServerFrame) => backend.clients[0]?.send(frame),
    painted: () => painted,
    asked: () => backend.frames.filter((frame) => frame.t !== 'ack'),
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('cc-connect chat on a screen', () => {
  it('sends what was typed, keeps pasted lines together, and remembers it', async () => {
    const screen = await onScreen();
    screen.type('first\nsecond\n');
    await until(() => screen.asked().length > 0);
    expect(screen.asked()).toMatchObject([{ t: 'input', text: 'first\nsecond' }]);
    screen.type('\u0004');
    expect(await screen.done).toBe(0);
    expect(await readFile(join(folder, 'chat_history'), 'utf8')).toBe('first second\n');
  });

  it('shows the running text and then the final one', async () => {
    const screen = await onScreen();
    screen.show({ t: 'preview', ref: 'p', seq: 1, markdown: 'growing', status: 'thinking' });
    await until(() => screen.painted().includes('growing'));
    expect(screen.painted()).toContain('… thinking');
    screen.show({ t: 'finish', ack: 1, ref: 'p', body: { kind: 'text', markdown: 'grown **up**' } });
    await until(() => screen.painted().includes('grown \u001b[1mup\u001b[22m'));
    await until(() => backend.frames.some((frame) => frame.t === 'ack' && frame.ack === 1 && frame.known));
    screen.type('\u0004');
    await screen.done;
  });

  it('answers a question by one key, and types the same key when nothing is asked', async () => {
    const screen = await onScreen();
    screen.show({ t: 'message', ack: 1, key: 'q', ref: 'q', body: asking });
    await until(() => screen.painted().includes('Deny'));
    screen.type('n');
    await until(() => screen.asked().length > 0);
    expect(screen.asked()).toMatchObject([{ t: 'action', data: 'no', ref: 'q' }]);
    screen.type('n\r');
    await until(() => screen.asked().length > 1);
    expect(screen.asked()[1]).toMatchObject({ t: 'input', text: 'n' });
    screen.type('\u0004');
    await screen.done;
  });

  it('does not take a key for an answer inside a word', async () => {
    const screen = await onScreen();
    screen.show({ t: 'message', ack: 1, key: 'q', ref: 'q', body: asking });
    await until(() => screen.painted().includes('Deny'));
    screen.type('so n');
    screen.type('o\r');
    await until(() => screen.asked().length > 0);
    expect(screen.asked()).toMatchObject([{ t: 'input', text: 'so no' }]);
    screen.type('\u0004');
    await screen.done;
  });

  it('completes a command with TAB', async () => {
    const screen = await onScreen();
    screen.type('/ne');
    screen.type('\t');
    await until(() => screen.painted().includes('/new '));
    screen.type('\r');
    await until(() => screen.asked().length > 0);
    expect(screen.asked()).toMatchObject([{ t: 'input', text: '/new' }]);
    screen.type('\u0004');
    await screen.done;
  });

  it('stops the turn on Ctrl-C and leaves on the second', async () => {
    const screen = await onScreen();
    screen.show({ t: 'activity', on: true });
    await until(() => screen.painted().includes('… '));
    screen.type('\u0003');
    await until(() => screen.asked().length > 0);
    expect(screen.asked()).toMatchObject([{ t: 'stop' }]);
    screen.type('\u0003');
    expect(await screen.done).toBe(0);
  });

  it('clears a half-typed line on Ctrl-C instead of stopping', async () => {
    const screen = await onScreen();
    screen.type('half');
    screen.type('\u0003');
    screen.type('whole\r');
    await until(() => screen.asked().length > 0);
    expect(screen.asked()).toMatchObject([{ t: 'input', text: 'whole' }]);
    screen.type('\u0004');
    await screen.done;
  });
});
