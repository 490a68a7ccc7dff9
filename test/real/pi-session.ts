import { definition } from '../../src/agents/pi/index.ts';
import type { AgentProvider } from '../../src/core/agent.ts';
import type { ChatServer } from '../sim/models/openai-chat.ts';
import { bareEnv, RealBench, scripted } from './bench.ts';
import { programPath } from './programs.mjs';

/** The pinned version; `npm run test:agents` installs it. */
export const PI_VERSION = '0.74.2';

/** Path of the installed program; throws when `npm run test:agents` has not installed it. */
export function piBinary(): string {
  return programPath('@earendil-works/pi-coding-agent', PI_VERSION);
}

/** The real CLI in a place of its own, with the scripted model as its provider. */
export function piBench(model: ChatServer, options: object = {}, provider: Partial<AgentProvider> = {}) {
  return RealBench.open({
    definition,
    options: ({ home }) => ({ cmd: [piBinary()], env: { HOME: home, PI_OFFLINE: '1' }, ...options }),
    provider: scripted(model.url, {
      model: 'scripted-model',
      models: [{ model: 'other-model' }],
      ...provider,
    }),
    env: bareEnv,
  });
}
