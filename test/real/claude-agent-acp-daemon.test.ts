import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../blackbox/daemon.ts';
import { claudeAgentAcp, QUIET } from './acp-session.ts';
import { DaemonWorld } from './daemon-world.ts';
import { type ModelServer, startModelServer } from './setup.ts';

/** The whole way: a chat platform, the built daemon, the real adapter with Claude Code behind it, a scripted model. */
describe('[feature: whole way through the daemon] telegram with claude-agent-acp', () => {
  let world: DaemonWorld;
  let model: ModelServer;

  beforeEach(async () => {
    model = await startModelServer();
    world = await DaemonWorld.make(({ home }) => ({
      type: 'acp',
      options: { preset: 'claude-agent-acp', cmd: [claudeAgentAcp()], provider: 'scripted' },
      env: { HOME: home, ...QUIET },
      provider: { name: 'scripted', api_key: 'sk-scripted', base_url: model.url },
    }));
    await world.start();
  });
  afterEach(async (context) => {
    await world.close(context);
    await model.close();
  });
  const asked = () => JSON.stringify(model.requests.at(-1)?.messages);

  it('answers, and goes on with the same conversation after a restart', async () => {
    world.chat.send('say: the first answer');
    await world.appears('the first answer');
    await world.restart();
    world.chat.send('say: the second answer');
    await world.appears('the second answer');
    expect(asked()).toContain('the first answer');
    expect(world.count('could not be resumed')).toBe(0);
  });

  it('shows a permission request with buttons, and the command runs after Allow; /stop keeps the conversation', async () => {
    world.chat.send('pre: I will run it. ;; tool: Bash {"command":"touch made.txt"} ;; say: it is done');
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
    world.chat.send('say: after the stop');
    await world.appears('after the stop');
    expect(asked()).toContain('it is done');
    expect(world.count('could not be resumed')).toBe(0);
  });

  it('killed while a turn ran: the message is not answered twice, and the conversation goes on', async () => {
    world.chat.send('say: warm');
    await world.appears('warm');
    const before = model.requests.length;
    world.chat.send('slow: 4 ;; say: the words of the answer');
    await until(() => model.requests.length > before, 'the request to the model', 20_000);
    await world.crash();
    await world.appears('the work was interrupted');
    world.chat.send('say: and on');
    await world.appears('and on');
    expect(world.count('the words of the answer')).toBe(0);
    expect(asked()).toContain('warm');
    expect(world.count('could not be resumed')).toBe(0);
  });
});
