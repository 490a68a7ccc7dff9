import { describe } from 'vitest';
import { startChatServer } from '../sim/models/openai-chat.ts';
import { copilotBinary } from './copilot-session.ts';
import { wholeWay } from './daemon-suite.ts';

describe('[feature: whole way through the daemon] telegram with copilot', () => {
  wholeWay({
    startModel: startChatServer,
    agent: ({ home }, { url }) => ({
      type: 'copilot',
      options: { cmd: [copilotBinary()], provider: 'scripted' },
      env: { HOME: home, COPILOT_OFFLINE: 'true' },
      provider: { name: 'scripted', api_key: 'sk-scripted', base_url: url, model: 'scripted-model' },
    }),
    touch: (file) => `tool: bash ${JSON.stringify({ command: `touch ${file}`, description: 'a command' })}`,
    labels: { allow: 'Allow once', deny: 'Deny' },
    keepsInterrupted: true,
  });
});
