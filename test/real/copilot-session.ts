import { definition } from '../../src/agents/copilot/index.ts';
import type { AgentProvider } from '../../src/core/agent.ts';
import type { ChatServer } from '../sim/models/openai-chat.ts';
import { bareEnv, RealBench, scripted } from './bench.ts';
import { programPath } from './programs.mjs';

/** The pinned version; `npm run test:agents` installs it. */
export const COPILOT_VERSION = '1.0.102';

/** Path of the installed program; throws when `npm run test:agents` has not installed it. */
export function copilotBinary(): string {
  return programPath('@github/copilot', COPILOT_VERSION);
}

/** The real CLI in a place of its own, with the scripted model as its provider, and no network. */
export function copilotBench(model: ChatServer, options: object = {}, provider: Partial<AgentProvider> = {}) {
  return RealBench.open({
    definition,
    options: ({ home }) => ({
      cmd: [copilotBinary()],
      env: { HOME: home, COPILOT_OFFLINE: 'true' },
      ...options,
    }),
    provider: scripted(model.url, { model: 'scripted-model', ...provider }),
    env: bareEnv,
  });
}
