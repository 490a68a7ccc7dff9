import { definition } from '../../src/agents/acp/index.ts';
import type { AgentProvider } from '../../src/core/agent.ts';
import { bareEnv, RealBench } from './bench.ts';
import { programPath } from './programs.mjs';
import type { Place } from './setup.ts';

/** Paths of the pinned programs; they throw when `npm run test:agents` has not installed them. */
export const claudeAgentAcp = (version = '0.49.0') =>
  programPath('@agentclientprotocol/claude-agent-acp', version);
export const qwen = () => programPath('@qwen-code/qwen-code', '0.24.4');
export const codexAcp = () => programPath('@zed-industries/codex-acp', '0.16.0');

/** Without these the programs ask the internet for this and that. */
export const QUIET = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  CLAUDE_CODE_MAX_RETRIES: '1',
  DISABLE_AUTOUPDATER: '1',
  DISABLE_ERROR_REPORTING: '1',
  DISABLE_TELEMETRY: '1',
};

/** A real agent behind the `acp` adapter, with a scripted model as its provider. */
export function acpBench(
  preset: string,
  command: readonly string[],
  modelUrl: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<RealBench> {
  const provider: AgentProvider = {
    name: 'scripted',
    baseUrl: modelUrl,
    apiKey: 'sk-scripted-key',
    models: [],
    env: {},
  };
  const env = (place: Place) => ({ ...bareEnv(place), ...QUIET });
  // Checks and lists run outside of a conversation: they need the place's home as well.
  const place = (at: Place) => ({ preset, command, env: { ...QUIET, HOME: at.home }, ...options });
  return RealBench.open({ definition, options: place, provider, env });
}
