import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../blackbox/daemon.ts';
import { CHAT_MODEL, type ChatServer, startChatServer } from '../sim/models/openai-chat.ts';
import { DaemonWorld } from './daemon-world.ts';
import { piBinary } from './pi-session.ts';

/** The whole way: a chat platform, the built daemon, the real pi, a scripted model. */
describe('[feature: whole way through the daemon] telegram with pi', () => {
  let world: DaemonWorld;
  let model: ChatServer;

  beforeEach(async () => {
    model = await startChatServer();
    world = await DaemonWorld.make(({ home }) => ({
      type: 'pi',
      options: { cmd: [piBinary()], provider: 'scripted' },
      env: { HOME: home, PI_OFFLINE: '1' },
      provider: { name: 'scripted', api_key: 'sk-scripted', base_url: model.url, model: CHAT_MODEL },
    }));
    await world.start();
  });
  afterEach(async (context) => {
    await world.close(context);
    await model.close();
  });

  it('asks with buttons, runs what was allowed, stops on /stop, and goes on after a restart', async () => {
    world.chat.send('pre: I will run it. ;; tool: bash {"command":"touch made.txt"} ;; say: it is done');
    const request = await world.button('Allow');
    expect(existsSync(join(world.home.workDir, 'made.txt'))).toBe(false);
    await world.chat.press(request.id, 'Allow');
    await world.appears('it is done');
    expect(existsSync(join(world.home.workDir, 'made.txt'))).toBe(true);
    const before = model.requests.length;
    world.chat.send('hang: 60');
    await until(() => model.requests.length > before, 'the request to the model', 20_000);
    world.chat.send('/stop');
    await world.appears('Stopped');
    await world.restart();
    world.chat.send('say: after the stop');
    await world.appears('after the stop');
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('it is done');
    expect(world.count('could not be resumed')).toBe(0);
  });

  it('killed while a turn ran: the message is neither lost nor answered twice', async () => {
    world.chat.send('say: warm');
    await world.appears('warm');
    const before = model.requests.length;
    world.chat.send('slow: 4 ;; say: the words of the answer');
    await until(() => model.requests.length > before, 'the request to the model', 20_000);
    await world.crash();
    // pi ends with its input: the turn did not finish by itself, and its file says so.
    await world.appears('the work was interrupted');
    expect(world.chat.seen().some(({ buttons }) => buttons.includes('Continue'))).toBe(true);
    world.chat.send('say: and on');
    await world.appears('and on');
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('the words of the answer');
    expect(world.count('the words of the answer')).toBe(0);
    expect(world.count('could not be resumed')).toBe(0);
  });
});
