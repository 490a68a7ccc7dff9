import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { until } from '../blackbox/daemon.ts';
import { type ChatServer, startChatServer } from '../sim/models/openai-chat.ts';
import { DaemonWorld } from './daemon-world.ts';
import { opencodeBinary } from './opencode-session.ts';

// It starts slowly, and much more so on a busy machine.
const PATIENCE_MS = 120_000;
vi.setConfig({ testTimeout: 360_000 });

const agent =
  (model: ChatServer, backend: string) =>
  ({ home }: { readonly home: string }) => ({
    type: 'opencode',
    options: { cmd: [opencodeBinary()], provider: 'scripted', model: 'scripted-model', backend },
    env: { HOME: home, OPENCODE_DISABLE_MODELS_FETCH: '1' },
    provider: { name: 'scripted', api_key: 'sk-scripted', base_url: model.url },
    patienceMs: PATIENCE_MS,
  });

/** The whole way: a chat platform, the built daemon, the real OpenCode, a scripted model. */
describe('[feature: whole way through the daemon] telegram with opencode', () => {
  let world: DaemonWorld;
  let model: ChatServer;

  beforeEach(async () => {
    model = await startChatServer();
  });
  afterEach(async (context) => {
    await world.close(context);
    await model.close();
  });

  it.each(['acp', 'run'])(
    'answers over %s, and goes on with the same conversation after a restart',
    async (backend) => {
      world = await DaemonWorld.make(agent(model, backend));
      await world.start();
      world.chat.send('say: the first answer');
      await world.appears('the first answer');
      await world.restart();
      world.chat.send('say: the second answer');
      await world.appears('the second answer');
      const requests = model.requests.map(({ messages }) => JSON.stringify(messages));
      expect(
        requests.some((text) => text.includes('the first answer') && text.includes('the second answer')),
      ).toBe(true);
      expect(world.count('could not be resumed')).toBe(0);
    },
  );

  it('killed while a turn ran: the message is told as interrupted, and the conversation goes on', async () => {
    world = await DaemonWorld.make(agent(model, 'acp'));
    await world.start();
    world.chat.send('say: warm');
    await world.appears('warm');
    const before = model.requests.length;
    world.chat.send('slow: 60 ;; say: the words of the answer');
    await until(() => model.requests.length > before, 'the request to the model', PATIENCE_MS);
    await world.crash();
    await world.appears('interrupted');
    expect(world.chat.seen().some(({ buttons }) => buttons.includes('Continue'))).toBe(true);
    world.chat.send('say: and on');
    await world.appears('and on');
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('warm');
    expect(world.count('could not be resumed')).toBe(0);
  });
});
