import { definition } from '../../src/agents/claudecode/index.ts';
import type { AgentProvider } from '../../src/core/agent.ts';
import { RealBench } from './bench.ts';
import { claudeBinary, envFor, freshPlace, type ModelServer, type Place } from './setup.ts';

export { Talk } from './talk.ts';

/** One version of Claude Code in a place of its own. */
export class Bench extends RealBench {
  readonly model: ModelServer;

  private constructor(
    version: string,
    place: Place,
    model: ModelServer,
    options: object,
    provider: AgentProvider | undefined,
  ) {
    super(place, {
      definition,
      options: ({ home }) => ({ cmd: [claudeBinary(version)], env: { HOME: home }, ...options }),
      provider,
      env: ({ home }) => envFor(home, model.url),
    });
    this.model = model;
  }

  static async make(version: string, model: ModelServer, options: object = {}, provider?: AgentProvider) {
    return new Bench(version, await freshPlace(), model, options, provider);
  }
}
