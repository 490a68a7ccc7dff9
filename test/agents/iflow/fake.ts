import { fileURLToPath } from 'node:url';
import { definition } from '../../../src/agents/iflow/index.ts';
import { type ScriptedAgent, scriptedAgent } from '../scripted-agent.ts';

export const FAKE = fileURLToPath(new URL('./fake-iflow.mjs', import.meta.url));

/** The adapter over the scripted stand-in for the CLI. */
export function fakeIflow(
  env: Readonly<Record<string, string>> = {},
  options: object = {},
): Promise<ScriptedAgent> {
  return scriptedAgent(definition, FAKE, env, options);
}
