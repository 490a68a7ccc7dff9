import { describe } from 'vitest';
import { startResponsesServer } from '../sim/models/openai-responses.ts';
import { CODEX_ACP_VERSIONS, codexAcp } from './acp-session.ts';
import { wholeWay } from './daemon-suite.ts';

describe.each(CODEX_ACP_VERSIONS)(
  '[feature: whole way through the daemon] telegram with codex-acp %s',
  (version) => {
    wholeWay({
      startModel: startResponsesServer,
      agent: ({ home }, { url }) => ({
        type: 'acp',
        options: {
          preset: 'codex-acp',
          cmd: codexAcp(version),
          provider: 'scripted',
          model: 'scripted-model',
        },
        env: { HOME: home },
        provider: { name: 'scripted', api_key: 'sk-scripted', base_url: url },
      }),
      // Newer ones ask only for what is to leave the sandbox.
      touch: (file) =>
        `tool: exec_command ${JSON.stringify({
          cmd: `touch ${file}`,
          ...(version === '0.16.0'
            ? {}
            : { sandbox_permissions: 'require_escalated', justification: 'may I' }),
        })}`,
      labels: { allow: 'Yes, proceed', deny: 'No, and tell Codex what to do differently' },
      ...(version === '0.16.0' ? {} : { refused: 'Authentication required' }),
      keepsInterrupted: true,
    });
  },
);
