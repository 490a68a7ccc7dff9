import { describe } from 'vitest';
import { startResponsesServer } from '../sim/models/openai-responses.ts';
import { codexBinary, FEW_RETRIES } from './codex-session.ts';
import { wholeWay } from './daemon-suite.ts';

describe('[feature: whole way through the daemon] telegram with codex', () => {
  wholeWay({
    startModel: startResponsesServer,
    agent: ({ home }, { url }) => ({
      type: 'codex',
      options: { cmd: [codexBinary(), ...FEW_RETRIES], provider: 'scripted' },
      env: { HOME: home },
      provider: { name: 'scripted', api_key: 'sk-scripted', base_url: url },
    }),
    touch: (file) => `tool: exec_command ${JSON.stringify({ cmd: `touch ${file}` })}`,
    keepsInterrupted: true,
  });
});
