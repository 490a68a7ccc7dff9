import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { LocalServer } from '../../src/servers/local/local-server.ts';
import { FakeBackend, quietLog } from '../servers/local/fake-backend.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';

let folder: string;
let io: FakeIo;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cc-routes-'));
  io = fakeIo(folder, { CC_DATA_DIR: folder });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const project = (name: string, more: string) =>
  `[[projects]]\nname = "${name}"\n[projects.agent]\ntype = "demo"\n[[projects.platforms]]\ntype = "telegram"\n[projects.platforms.options]\ntoken = "77:abc"\n${more}\n`;
const shared = [
  project('red', 'allow_from = "7"'),
  project('blue', 'allow_from = "*"\n[projects.platforms.routes]\nchats = [-100123]'),
].join('');
const lines = () => io.lines.join('\n');

describe('cc-connect routes without a daemon', () => {
  beforeEach(() => writeFile(join(folder, 'config.toml'), shared));
  const run = (...argv: string[]) => main(['routes', '--config', join(folder, 'config.toml'), ...argv], io);

  it('shows each bot with its projects and rules, and says what it does not know', async () => {
    expect(await run()).toBe(0);
    expect(lines()).toContain('telegram:77, shared by 2 projects');
    expect(lines()).toContain('red (projects[0].platforms[0]): no rule of its own');
    expect(lines()).toContain('blue (projects[1].platforms[0]): chats -100123');
    expect(lines()).toContain('cc-connect is not running');
  });

  it('tells which project gets a chat and why', async () => {
    expect(await run('--chat', '-100123', '--user', '9')).toBe(0);
    expect(lines()).toContain('chat -100123, user 9: project blue, by a rule for the chat');
    io.lines.length = 0;
    await run('--chat', '5', '--user', '7');
    expect(lines()).toContain('project red, by being the first in the file that lets them in');
    io.lines.length = 0;
    await run('--chat', '5', '--user', '9', '--json');
    expect(JSON.parse(lines())).toMatchObject({
      live: false,
      accounts: [{ account: 'telegram:77', answer: { project: 'blue', level: 'first', allowed: true } }],
    });
  });

  it('wants the chat of a thread', async () => {
    expect(await run('--thread', '4')).toBe(1);
    expect(io.errors.join('\n')).toContain('--thread needs the chat');
  });
});

describe('cc-connect routes with a daemon', () => {
  it('asks it, and shows its answer with choices and access', async () => {
    const backend = new FakeBackend();
    const rules = { chats: [], threads: [], users: [], default: false };
    backend.routesReport = {
      live: true,
      accounts: [
        {
          account: 'slack:1',
          type: 'slack',
          projects: [{ name: 'red', at: 'projects[0].platforms[0]', ...rules }],
          choices: [{ chat: 'C1', thread: '5.1', project: 'red' }],
          answer: {
            project: 'red' as never,
            level: 'choice',
            allowed: false,
            steps: [
              { level: 'choice', project: 'red' as never, by: '/project, for this chat', outcome: 'wins' },
            ],
          },
        },
      ],
    };
    const server = new LocalServer({ backend, dataDir: folder, log: quietLog, maxFileBytes: () => 1024 });
    await server.start();
    try {
      expect(await main(['routes', '--platform', 'slack', '--chat', 'C1', '--user', 'U1'], io)).toBe(0);
    } finally {
      await server.stop();
    }
    expect(backend.routesAsked).toEqual({ platform: 'slack', chat: 'C1', user: 'U1' });
    expect(lines()).toContain('/project chose red for chat C1 thread 5.1');
    expect(lines()).toContain('by a choice made with /project; access denied there');
    expect(lines()).not.toContain('not running');
  });
});
