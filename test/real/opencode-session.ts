import { definition } from '../../src/agents/opencode/index.ts';
import type { AgentProvider } from '../../src/core/agent.ts';
import type { ChatServer } from '../sim/models/openai-chat.ts';
import { bareEnv, RealBench } from './bench.ts';
import { programPath } from './programs.mjs';
import { freshPlace, type Place } from './setup.ts';

/** The pinned version; `npm run test:agents -- --agent opencode` installs it. */
export const OPENCODE_VERSION = '1.18.33';

/** Path of the installed program; throws when it is not installed. */
export function opencodeBinary(): string {
  return programPath('opencode-ai', OPENCODE_VERSION);
}

/** The real CLI in a place of its own, with the scripted model as its provider. */
export class OpenCodeBench extends RealBench {
  private constructor(place: Place, model: ChatServer, options: object, provider: Partial<AgentProvider>) {
    super(place, {
      definition,
      options: ({ home }) => ({
        cmd: [opencodeBinary()],
        ...options,
        env: {
          HOME: home,
          OPENCODE_DISABLE_MODELS_FETCH: '1',
          ...('env' in options ? Object(options.env) : {}),
        },
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
      patienceMs: 120_000,
    });
  }

  static async make(model: ChatServer, options: object = {}, provider: Partial<AgentProvider> = {}) {
    return new OpenCodeBench(await freshPlace(), model, options, provider);
  }
}
