import { definition } from '../../src/agents/gemini/index.ts';
import type { AgentProvider } from '../../src/core/agent.ts';
import type { GeminiServer } from '../sim/models/gemini.ts';
import { bareEnv, RealBench } from './bench.ts';
import { programPath } from './programs.mjs';
import { freshPlace, type Place } from './setup.ts';

/** The pinned version; `npm run test:agents` installs it. */
export const GEMINI_VERSION = '0.61.0';

/** Path of the installed program; throws when `npm run test:agents` has not installed it. */
export function geminiBinary(): string {
  return programPath('@google/gemini-cli', GEMINI_VERSION);
}

/** The real CLI in a place of its own, with the scripted model as its provider. */
export class GeminiBench extends RealBench {
  private constructor(place: Place, model: GeminiServer, options: object, provider: Partial<AgentProvider>) {
    super(place, {
      definition,
      options: ({ home }) => ({
        cmd: [geminiBinary()],
        model: 'gemini-2.5-flash',
        env: { HOME: home },
        ...options,
      }),
      provider: {
        name: 'scripted',
        baseUrl: model.url,
        apiKey: 'sk-scripted-key',
        models: [],
        env: {},
        ...provider,
      },
      env: bareEnv,
    });
  }

  static async make(model: GeminiServer, options: object = {}, provider: Partial<AgentProvider> = {}) {
    return new GeminiBench(await freshPlace(), model, options, provider);
  }
}
