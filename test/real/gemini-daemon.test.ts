import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../blackbox/daemon.ts';
import { type GeminiServer, startGeminiServer } from '../sim/models/gemini.ts';
import { DaemonWorld } from './daemon-world.ts';
import { geminiBinary } from './gemini-session.ts';

/** The whole way: a chat platform, the built daemon, the real Gemini CLI, a scripted model. */
describe('[feature: whole way through the daemon] telegram with gemini', () => {
  let world: DaemonWorld;
  let model: GeminiServer;

  const start = async (options: object = {}) => {
    world = await DaemonWorld.make(({ home }) => ({
      type: 'gemini',
      options: { cmd: [geminiBinary()], provider: 'scripted', model: 'gemini-2.5-flash', ...options },
      env: { HOME: home },
      provider: { name: 'scripted', api_key: 'sk-scripted', base_url: model.url },
    }));
    await world.start();
  };
  const lastRequest = () => JSON.stringify(model.requests.at(-1)?.contents);

  beforeEach(async () => {
    model = await startGeminiServer();
  });
  afterEach(async (context) => {
    await world.close(context);
    await model.close();
  });

  it.each(['acp', 'stream-json'])(
    'answers over %s, and goes on with the same conversation after a restart',
    async (backend) => {
      await start({ backend });
      world.chat.send('say: the first answer');
      await world.appears('the first answer');
      await world.restart();
      world.chat.send('say: the second answer');
      await world.appears('the second answer');
      expect(lastRequest()).toContain('the first answer');
      expect(world.count('could not be resumed')).toBe(0);
    },
  );

  it('shows a permission request with buttons, and the command runs after Allow; /stop keeps the conversation', async () => {
    await start();
    const call = `tool: run_shell_command ${JSON.stringify({ command: 'touch made.txt', description: 'x' })}`;
    world.chat.send(`pre: I will run it. ;; ${call} ;; say: it is done`);
    const request = await world.button('Allow');
    expect(existsSync(join(world.home.workDir, 'made.txt'))).toBe(false);
    await world.chat.press(request.id, 'Allow');
    await world.appears('it is done');
    expect(existsSync(join(world.home.workDir, 'made.txt'))).toBe(true);
    const before = model.requests.length;
    world.chat.send('hang: 60');
    await until(() => model.requests.length > before, 'the request to the model', 30_000);
    world.chat.send('/stop');
    await world.appears('Stopped');
    world.chat.send('say: after the stop');
    await world.appears('after the stop');
    expect(lastRequest()).toContain('it is done');
    expect(world.count('could not be resumed')).toBe(0);
  });

  it('killed while a turn ran: the message is told as interrupted, and the conversation goes on', async () => {
    await start();
    world.chat.send('say: warm');
    await world.appears('warm');
    const before = model.requests.length;
    world.chat.send('slow: 30 ;; say: the words of the answer');
    await until(() => model.requests.length > before, 'the request to the model', 30_000);
    await world.crash();
    await world.appears('interrupted');
    world.chat.send('say: and on');
    await world.appears('and on');
    expect(lastRequest()).toContain('warm');
    expect(world.count('could not be resumed')).toBe(0);
  });
});
