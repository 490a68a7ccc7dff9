import { describe } from 'vitest';
import { CLAUDE_AGENT_ACP_VERSIONS, claudeAgentAcp, QUIET } from './acp-session.ts';
import { wholeWay } from './daemon-suite.ts';
import { startModelServer } from './setup.ts';

describe.each(CLAUDE_AGENT_ACP_VERSIONS)(
  '[feature: whole way through the daemon] telegram with claude-agent-acp %s',
  (version) => {
    wholeWay({
      startModel: startModelServer,
      agent: ({ home }, { url }) => ({
        type: 'acp',
        options: {
          preset: 'claude-agent-acp',
          cmd: claudeAgentAcp(version),
          provider: 'scripted',
        },
        env: { HOME: home, ...QUIET },
        provider: { name: 'scripted', api_key: 'sk-scripted', base_url: url },
      }),
      touch: (file) => `tool: Bash ${JSON.stringify({ command: `touch ${file}` })}`,
      labels: version === '0.49.0' ? { allow: 'Allow', deny: 'Reject' } : { allow: 'Yes', deny: 'No' },
      keepsInterrupted: true,
    });
  },
);
