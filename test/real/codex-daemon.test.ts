import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChatWorld, telegramWorld } from '../blackbox/chat-world.ts';
import { Daemon, type DaemonHome, makeHome, until } from '../blackbox/daemon.ts';
import { type ResponsesServer, startResponsesServer } from '../sim/models/openai-responses.ts';
import { codexBinary } from './codex-session.ts';

/** The whole way: a chat platform, the built daemon, the real Codex CLI, a scripted model. */
describe('[feature: whole way through the daemon] telegram with codex', () => {
  let home: DaemonHome;
  let world: ChatWorld;
  let model: ResponsesServer;
  let daemon: Daemon | undefined;

  beforeEach(async () => {
    home = makeHome();
    world = await telegramWorld();
    model = await startResponsesServer();
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

  async function start(): Promise<void> {
    const text = (value: unknown) => JSON.stringify(value);
    const lines = [
      `data_dir = ${text(home.dataDir)}`,
      '[[projects]]',
      'name = "demo"',
      '[projects.agent]',
      'type = "codex"',
      '[projects.agent.options]',
      `work_dir = ${text(home.workDir)}`,
      `cmd = ${text([codexBinary()])}`,
      'provider = "scripted"',
      '[projects.agent.options.env]',
      `HOME = ${text(home.home)}`,
      '[[projects.agent.providers]]',
      'name = "scripted"',
      'api_key = "sk-scripted"',
      `base_url = ${text(model.url)}`,
      world.config(),
    ];
    writeFileSync(home.configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
    daemon = await Daemon.start(home);
  }
  const count = (text: string) => world.seen().filter((message) => message.text.includes(text)).length;
  const appears = (text: string) => until(() => count(text) > 0, `"${text}" in the chat`, 30_000);

  it('answers, and goes on with the same conversation after a restart', async () => {
    await start();
    world.send('say: the first answer');
    await appears('the first answer');
    await daemon?.stop();
    await start();
    world.send('say: the second answer');
    await appears('the second answer');
    expect(JSON.stringify(model.requests.at(-1)?.input)).toContain('the first answer');
    expect(count('could not be resumed')).toBe(0);
  });

  it('shows a permission request with buttons, and the command runs after Allow; /stop keeps the conversation', async () => {
    await start();
    world.send('pre: I will run it. ;; tool: exec_command {"cmd":"touch made.txt"} ;; say: it is done');
    const request = await until(
      () => world.seen().find(({ buttons }) => buttons.includes('Allow')),
      'the request',
      30_000,
    );
    expect(existsSync(join(home.workDir, 'made.txt'))).toBe(false);
    await world.press(request.id, 'Allow');
    await appears('it is done');
    expect(existsSync(join(home.workDir, 'made.txt'))).toBe(true);
    const before = model.requests.length;
    world.send('hang: 60');
    await until(() => model.requests.length > before, 'the request to the model', 20_000);
    world.send('/stop');
    await appears('Stopped');
    world.send('say: after the stop');
    await appears('after the stop');
    expect(count('could not be resumed')).toBe(0);
  });

  it('killed while a turn ran: the message is neither lost nor answered twice', async () => {
    await start();
    world.send('say: warm');
    await appears('warm');
    const before = model.requests.length;
    world.send('slow: 4 ;; say: the words of the answer');
    await until(() => model.requests.length > before, 'the request to the model', 20_000);
    await daemon?.kill();
    await start();
    // Codex ends with its input: the turn did not finish by itself, and its rollout says so.
    await appears('the work was interrupted');
    expect(world.seen().some(({ buttons }) => buttons.includes('Continue'))).toBe(true);
    world.send('say: and on');
    await appears('and on');
    expect(JSON.stringify(model.requests.at(-1)?.input)).toContain('the words of the answer');
    expect(count('the words of the answer')).toBe(0);
    expect(count('could not be resumed')).toBe(0);
  });
});
