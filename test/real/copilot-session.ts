import { definition } from '../../src/agents/copilot/index.ts';
import type { AgentProvider } from '../../src/core/agent.ts';
import type { ChatServer } from '../sim/models/openai-chat.ts';
import { bareEnv, RealBench } from './bench.ts';
import { programPath } from './programs.mjs';
import { freshPlace, type Place } from './setup.ts';

/** The pinned version; `npm run test:agents` installs it. */
export const COPILOT_VERSION = '1.0.102';

/** Path of the installed program; throws when `npm run test:agents` has not installed it. */
export function copilotBinary(): string {
  return programPath('@github/copilot', COPILOT_VERSION);
}

/** The real CLI in a place of its own, with the scripted model as its provider, and no network. */
export class CopilotBench extends RealBench {
  private constructor(place: Place, model: ChatServer, options: object, provider: Partial<AgentProvider>) {
    super(place, {
      definition,
      options: ({ home }) => ({
        cmd: [copilotBinary()],
        env: { HOME: home, COPILOT_OFFLINE: 'true' },
        ...options,
      }),
      provider: {
        name: 'scripted',
        baseUrl: model.url,
        apiKey: 'sk-scripted-key',
        model: 'scripted-model',
        models: [],
        env: {},
        ...provider,
      },
      env: bareEnv,
    });
  }

  static async make(model: ChatServer, options: object = {}, provider: Partial<AgentProvider> = {}) {
    return new CopilotBench(await freshPlace(), model, options, provider);
  }
}
