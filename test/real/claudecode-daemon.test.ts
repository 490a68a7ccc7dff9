import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { feishuWorld, telegramWorld } from '../blackbox/chat-world.ts';
import { until } from '../blackbox/daemon.ts';
import { DaemonWorld } from './daemon-world.ts';
import { CLAUDE_VERSIONS, claudeBinary, envFor, type ModelServer, startModelServer } from './setup.ts';

/** The whole way: a chat platform, the built daemon, the real Claude Code CLI, a scripted model. */
describe.each([
  ['telegram', CLAUDE_VERSIONS[0], telegramWorld],
  ['feishu', CLAUDE_VERSIONS[0], feishuWorld],
  ['telegram', CLAUDE_VERSIONS[1], telegramWorld],
] as const)('%s with claude %s', (_platform, version, open) => {
  let world: DaemonWorld;
  let model: ModelServer;

  beforeEach(async () => {
    model = await startModelServer();
    world = await DaemonWorld.make(({ home }) => {
      const { PATH: _, ...env } = envFor(home, model.url);
      return { type: 'claudecode', options: { cmd: [claudeBinary(version)] }, env };
    }, open);
    await world.start();
  });
  afterEach(async (context) => {
    await world.close(context);
    await model.close();
  });

  it('answers, and goes on with the same conversation after a restart of the daemon', async () => {
    world.chat.send('say: the first answer');
    await world.appears('the first answer');
    await world.restart();
    world.chat.send('say: the second answer');
    await world.appears('the second answer');
    expect(world.count('the first answer')).toBe(1);
    expect(world.count('could not be resumed')).toBe(0);
  });

  it('shows a permission request with buttons, and the tool runs after Allow', async () => {
    world.chat.send(
      'pre: I will run it. ;; tool: Bash {"command":"touch made.txt && echo made","description":"make a file"}',
    );
    const request = await world.button('Allow');
    expect(existsSync(join(world.home.workDir, 'made.txt'))).toBe(false);
    await world.chat.press(request.id, 'Allow');
    await world.appears('done');
    expect(existsSync(join(world.home.workDir, 'made.txt'))).toBe(true);
  });

  it('/stop interrupts without losing the conversation', async () => {
    world.chat.send('say: before the stop');
    await world.appears('before the stop');
    world.chat.send('hang: 60');
    await until(() => model.requests.length >= 2, 'the second request to the model', 20_000);
    world.chat.send('/stop');
    await world.appears('Stopped');
    world.chat.send('say: after the stop');
    await world.appears('after the stop');
    expect(world.count('could not be resumed')).toBe(0);
  });

  it('tells what the model refused', async () => {
    world.chat.send('error: 401');
    await world.appears('401');
    world.chat.send('say: all is well again');
    await world.appears('all is well again');
  });

  it('killed while a turn ran: the CLI finishes by itself and its answer is delivered once', async () => {
    world.chat.send('say: warm');
    await world.appears('warm');
    world.chat.send('slow: 3 ;; say: finished without you');
    await until(() => model.requests.length >= 2, 'the second request to the model', 20_000);
    await world.crash();
    await world.appears('finished without you');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(world.count('finished without you')).toBe(1);
  });

  // At the end of its input the real CLI takes an open request for refused, and finishes the turn without the tool.
  it('killed while a permission was open: the request is resolved, and what the CLI made of it is delivered', async () => {
    world.chat.send('say: warm');
    await world.appears('warm');
    world.chat.send('tool: Bash {"command":"touch never.txt","description":"x"}');
    await world.button('Allow');
    await world.crash();
    await world.appears('is gone');
    await world.appears('done');
    expect(world.chat.seen().some(({ buttons }) => buttons.includes('Allow'))).toBe(false);
    expect(existsSync(join(world.home.workDir, 'never.txt'))).toBe(false);
  });
});

describe.each(CLAUDE_VERSIONS)('telegram with claude %s and busy_mode steer', (version) => {
  let world: DaemonWorld;
  let model: ModelServer;

  beforeEach(async () => {
    model = await startModelServer();
    world = await DaemonWorld.make(({ home }) => {
      const { PATH: _, ...env } = envFor(home, model.url);
      return {
        type: 'claudecode',
        options: { cmd: [claudeBinary(version)] },
        env,
        top: { busy_mode: 'steer' },
      };
    });
    await world.start();
  });
  afterEach(async (context) => {
    await world.close(context);
    await model.close();
  });

  // The CLI looks at such a text after the turn, which has no tool call, and makes a turn of it.
  it('[feature: steer] answers a text that comes while the agent only speaks, once', async () => {
    world.chat.send('slow: 2 ;; say: the first words');
    await until(() => model.requests.length >= 1, 'the request to the model', 20_000);
    world.chat.send('say: the second words');
    await world.appears('the first words');
    await world.appears('the second words');
    world.chat.send('say: the third words');
    await world.appears('the third words');
    for (const words of ['the first words', 'the second words', 'the third words'])
      expect(world.count(words)).toBe(1);
  });
});
