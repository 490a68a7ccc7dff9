import { describe } from 'vitest';
import { startResponsesServer } from '../sim/models/openai-responses.ts';
import { codexAcp } from './acp-session.ts';
import { wholeWay } from './daemon-suite.ts';

describe('[feature: whole way through the daemon] telegram with codex-acp', () => {
  wholeWay({
    startModel: startResponsesServer,
    agent: ({ home }, { url }) => ({
      type: 'acp',
      options: { preset: 'codex-acp', cmd: codexAcp(), provider: 'scripted', model: 'scripted-model' },
      env: { HOME: home },
      provider: { name: 'scripted', api_key: 'sk-scripted', base_url: url },
    }),
    touch: (file) => `tool: exec_command ${JSON.stringify({ cmd: `touch ${file}` })}`,
    labels: { allow: 'Yes, proceed', deny: 'No, and tell Codex what to do differently' },
    keepsInterrupted: true,
  });
});
