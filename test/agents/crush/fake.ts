import { fileURLToPath } from 'node:url';
import { definition } from '../../../src/agents/crush/index.ts';
import type { AgentProvider } from '../../../src/core/agent.ts';
import { type ScriptedAgent, scriptedAgent } from '../scripted-agent.ts';

export const FAKE = fileURLToPath(new URL('./fake-crush.mjs', import.meta.url));

/** The adapter over the scripted stand-in for the CLI. */
export function fakeCrush(
  env: Readonly<Record<string, string>> = {},
  options: object = {},
  provider?: AgentProvider,
): Promise<ScriptedAgent> {
  return scriptedAgent(definition, FAKE, env, options, provider);
}
