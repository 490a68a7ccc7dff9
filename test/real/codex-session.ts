import { definition } from '../../src/agents/codex/index.ts';
import type { AgentProvider } from '../../src/core/agent.ts';
import type { ResponsesServer } from '../sim/models/openai-responses.ts';
import { bareEnv, RealBench, scripted } from './bench.ts';
import { programPath } from './programs.mjs';

/** The pinned version; `npm run test:agents` installs it. */
export const CODEX_VERSION = '0.169.0';

/** Path of the installed program; throws when `npm run test:agents` has not installed it. */
export function codexBinary(): string {
  return programPath('@openai/codex', CODEX_VERSION);
}

/** Otherwise an error of the scripted model takes half a minute to come through. */
export const FEW_RETRIES = ['request_max_retries', 'stream_max_retries'].flatMap((name) => [
  '-c',
  `model_providers.cc-connect.${name}=1`,
]);

/** The real CLI in a place of its own, with the scripted model as its provider. */
export function codexBench(
  model: ResponsesServer,
  options: object = {},
  provider: Partial<AgentProvider> = {},
) {
  return RealBench.open({
    definition,
    options: ({ home }) => ({ cmd: [codexBinary(), ...FEW_RETRIES], env: { HOME: home }, ...options }),
    provider: scripted(model.url, provider),
    env: bareEnv,
  });
}
