import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChatWorld, feishuWorld, telegramWorld } from '../blackbox/chat-world.ts';
import { Daemon, type DaemonHome, makeHome, until, writeConfig } from '../blackbox/daemon.ts';
import { CLAUDE_VERSIONS, claudeBinary, envFor, type ModelServer, startModelServer } from './setup.ts';

/** The whole way: a chat platform, the built daemon, the real Claude Code CLI, a scripted model. */
describe.each([
  ['telegram', CLAUDE_VERSIONS[0], telegramWorld],
  ['feishu', CLAUDE_VERSIONS[0], feishuWorld],
  ['telegram', CLAUDE_VERSIONS[1], telegramWorld],
] as const)('%s with claude %s', (_platform, version, open) => {
  let home: DaemonHome;
  let world: ChatWorld;
  let model: ModelServer;
  let daemon: Daemon | undefined;

  beforeEach(async () => {
    home = makeHome();
    world = await open();
    model = await startModelServer();
  });
  afterEach(async (context) => {
    if (context.task.result?.state === 'fail')
      process.stderr.write(`${daemon?.log ?? ''}\n${JSON.stringify(world.seen(), null, 1)}\n`);
    await daemon?.stop();
    daemon = undefined;
    await world.close();
    await model.close();
    home.remove();
  });

  const env = () => {
    const { PATH: _, ...rest } = envFor(home.home, model.url);
    return rest;
  };
  async function start(top = ''): Promise<void> {
    writeConfig(home, { platforms: world.config(), top, cmd: [claudeBinary(version)], env: env() });
    daemon = await Daemon.start(home);
  }
  const find = (text: string) => world.seen().find((message) => message.text.includes(text));
  const count = (text: string) => world.seen().filter((message) => message.text.includes(text)).length;
  const appears = (text: string) => until(() => find(text), `"${text}" in the chat`, 40_000);

  it('answers, and goes on with the same conversation after a restart of the daemon', async () => {
    await start();
    world.send('say: the first answer');
    await appears('the first answer');
    await daemon?.stop();
    await start();
    world.send('say: the second answer');
    await appears('the second answer');
    expect(count('the first answer')).toBe(1);
    expect(count('could not be resumed')).toBe(0);
  });

  it('shows a permission request with buttons, and the tool runs after Allow', async () => {
    await start();
    world.send(
      'pre: I will run it. ;; tool: Bash {"command":"touch made.txt && echo made","description":"make a file"}',
    );
    const request = await until(
      () => world.seen().find(({ buttons }) => buttons.includes('Allow')),
      'the request',
      40_000,
    );
    expect(existsSync(join(home.workDir, 'made.txt'))).toBe(false);
    await world.press(request.id, 'Allow');
    await appears('done');
    expect(existsSync(join(home.workDir, 'made.txt'))).toBe(true);
  });

  it('/stop interrupts without losing the conversation', async () => {
    await start();
    world.send('say: before the stop');
    await appears('before the stop');
    world.send('hang: 60');
    await until(() => model.requests.length >= 2, 'the second request to the model', 20_000);
    world.send('/stop');
    await appears('Stopped');
    world.send('say: after the stop');
    await appears('after the stop');
    expect(count('could not be resumed')).toBe(0);
  });

  it('tells what the model refused', async () => {
    await start();
    world.send('error: 401');
    await appears('401');
    world.send('say: all is well again');
    await appears('all is well again');
  });

  it('killed while a turn ran: the CLI finishes by itself and its answer is delivered once', async () => {
    await start();
    world.send('say: warm');
    await appears('warm');
    world.send('slow: 3 ;; say: finished without you');
    await until(() => model.requests.length >= 2, 'the second request to the model', 20_000);
    await daemon?.kill();
    await start();
    await appears('finished without you');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(count('finished without you')).toBe(1);
  });

  // At the end of its input the real CLI takes an open request for refused, and finishes the turn without the tool.
  it('killed while a permission was open: the request is resolved, and what the CLI made of it is delivered', async () => {
    await start();
    world.send('say: warm');
    await appears('warm');
    world.send('tool: Bash {"command":"touch never.txt","description":"x"}');
    await until(() => world.seen().find(({ buttons }) => buttons.includes('Allow')), 'the request', 40_000);
    await daemon?.kill();
    await start();
    await appears('is gone');
    await appears('done');
    expect(world.seen().some(({ buttons }) => buttons.includes('Allow'))).toBe(false);
    expect(existsSync(join(home.workDir, 'never.txt'))).toBe(false);
  });
});
