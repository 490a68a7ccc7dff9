import { describe } from 'vitest';
import { startChatServer } from '../sim/models/openai-chat.ts';
import { wholeWay } from './daemon-suite.ts';
import { kimiCommand } from './kimi-session.ts';

describe('[feature: whole way through the daemon] telegram with kimi', () => {
  wholeWay({
    startModel: startChatServer,
    agent: ({ home }, { url }) => ({
      type: 'kimi',
      options: { cmd: kimiCommand(), provider: 'scripted' },
      env: { HOME: home },
      provider: { name: 'scripted', api_key: 'sk-scripted', base_url: url, model: 'scripted-model' },
    }),
    touch: (file) => `tool: Bash ${JSON.stringify({ command: `touch ${file}` })}`,
    labels: { allow: 'Approve once', deny: 'Reject' },
    keepsInterrupted: true,
  });
});
