import { definition } from '../../src/agents/acp/index.ts';
import { bareEnv, RealBench, scripted } from './bench.ts';
import { FEW_RETRIES } from './codex-session.ts';
import { programCommand, programPath, testedVersions } from './programs.mjs';
import type { Place } from './setup.ts';

const CLAUDE_AGENT_ACP = '@agentclientprotocol/claude-agent-acp';
/** The last version for Node 20, and the newest one. */
export const CLAUDE_AGENT_ACP_VERSIONS = testedVersions(CLAUDE_AGENT_ACP);

const ZED_CODEX_ACP = '@zed-industries/codex-acp';
const CODEX_ACP = '@agentclientprotocol/codex-acp';
/** The last version of the Zed editor's adapter, and the newest one of the protocol's makers. */
export const CODEX_ACP_VERSIONS = [...testedVersions(ZED_CODEX_ACP), ...testedVersions(CODEX_ACP)];

/** Its sandbox needs a program that not every machine has; asking for everything needs none. */
const ASKS = ['-c', 'approval_policy="untrusted"', '-c', 'sandbox_mode="danger-full-access"'];

/** How the pinned programs are started; they throw when `npm run test:agents` has not installed them. */
export const claudeAgentAcp = (version: string) => programCommand(CLAUDE_AGENT_ACP, version);
export const qwen = () => programPath('@qwen-code/qwen-code', '0.24.4');
export const codexAcp = (version: string) =>
  version === '0.16.0'
    ? [programPath(ZED_CODEX_ACP, version), ...FEW_RETRIES, ...ASKS]
    : programCommand(CODEX_ACP, version);

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
  const env = (place: Place) => ({ ...bareEnv(place), ...QUIET });
  // Checks and lists run outside of a conversation: they need the place's home as well.
  const place = (at: Place) => ({ preset, command, env: { ...QUIET, HOME: at.home }, ...options });
  return RealBench.open({ definition, options: place, provider: scripted(modelUrl), env });
}
