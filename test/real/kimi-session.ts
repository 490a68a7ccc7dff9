import { definition } from '../../src/agents/kimi/index.ts';
import type { AgentProvider } from '../../src/core/agent.ts';
import type { ChatServer } from '../sim/models/openai-chat.ts';
import { bareEnv, RealBench, scripted } from './bench.ts';
import { programCommand } from './programs.mjs';

/** The pinned version; `npm run test:agents` installs it, and a Node that is new enough for it. */
export const KIMI_VERSION = '2.1.0';

/** How the installed program is started; throws when `npm run test:agents` has not installed it. */
export function kimiCommand(): string[] {
  return programCommand('@moonshot-ai/kimi-code', KIMI_VERSION);
}

/** The real CLI in a place of its own, with the scripted model as its provider. */
export function kimiBench(model: ChatServer, options: object = {}, provider: Partial<AgentProvider> = {}) {
  return RealBench.open({
    definition,
    options: ({ home }) => ({ cmd: kimiCommand(), env: { HOME: home }, ...options }),
    provider: scripted(model.url, { model: 'scripted-model', ...provider }),
    env: bareEnv,
  });
}
