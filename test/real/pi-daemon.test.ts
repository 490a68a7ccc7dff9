import { describe } from 'vitest';
import { CHAT_MODEL, startChatServer } from '../sim/models/openai-chat.ts';
import { wholeWay } from './daemon-suite.ts';
import { piBinary } from './pi-session.ts';

describe('[feature: whole way through the daemon] telegram with pi', () => {
  wholeWay({
    startModel: startChatServer,
    agent: ({ home }, { url }) => ({
      type: 'pi',
      options: { cmd: [piBinary()], provider: 'scripted' },
      env: { HOME: home, PI_OFFLINE: '1' },
      provider: { name: 'scripted', api_key: 'sk-scripted', base_url: url, model: CHAT_MODEL },
    }),
    touch: (file) => `tool: bash ${JSON.stringify({ command: `touch ${file}` })}`,
    keepsInterrupted: true,
  });
});
