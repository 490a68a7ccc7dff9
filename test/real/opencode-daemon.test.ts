import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ChatServer, startChatServer } from '../sim/models/openai-chat.ts';
import { DaemonWorld } from './daemon-world.ts';
import { opencodeBinary } from './opencode-session.ts';

// It starts slowly, and much more so on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

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
      world = await DaemonWorld.make(({ home }) => ({
        type: 'opencode',
        options: { cmd: [opencodeBinary()], provider: 'scripted', model: 'scripted-model', backend },
        env: { HOME: home, OPENCODE_DISABLE_MODELS_FETCH: '1' },
        provider: { name: 'scripted', api_key: 'sk-scripted', base_url: model.url },
      }));
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
});
