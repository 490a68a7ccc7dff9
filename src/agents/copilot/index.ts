import { join } from 'node:path';
import type { Agent, AgentContext, AgentDefinition, AgentProvider } from '../../core/agent.ts';
import { AcpAgent } from '../../kit/acp/agent.ts';
import { ACP_OPTIONS, acpConfig } from '../../kit/acp/definition.ts';
import { copilot } from '../../kit/acp/presets/copilot.ts';
import { type RawOptions, readAgentOptions } from '../../kit/option-reader.ts';
import { PromptJournal } from '../../kit/prompt-journal.ts';
import { ALLOW_ALL, isAllowAll } from './modes.ts';
import { CopilotSession } from './session.ts';
import { sessionStore } from './store.ts';

/** GitHub's Copilot CLI over ACP, with its files on disk. */
export const definition: AgentDefinition = {
  type: 'copilot',
  binaries: ['copilot'],
  options: ACP_OPTIONS,
  create: (raw, context) => createAgent(raw, context),
};

function createAgent(raw: RawOptions, context: AgentContext): Agent {
  const read = readAgentOptions(ACP_OPTIONS, raw, (options) =>
    acpConfig({ type: 'copilot', preset: copilot, options, context }),
  );
  const wanted = read.mode;
  const bypass = isAllowAll(wanted);
  const config = bypass ? { ...read, mode: undefined } : read;
  const env = { COPILOT_AUTO_UPDATE: 'false', ...providerEnv(context.provider), ...config.env };
  const journal = new PromptJournal(join(context.cacheDir, 'copilot-prompts.jsonl'));
  const store = sessionStore({ ...process.env, ...env }, journal);
  const acp = new AcpAgent({ ...config, env, store, journal }, context);
  const { type, label, capabilities, defaultModel, defaultEffort, workDir, configuredModels } = acp;
  return {
    type,
    label,
    capabilities,
    defaultMode: bypass ? ALLOW_ALL.id : acp.defaultMode,
    defaultModel,
    defaultEffort,
    workDir,
    configuredModels,
    store,
    get modes() {
      return [...acp.modes, ALLOW_ALL];
    },
    async open(spec, signal) {
      const mode = spec.mode ?? wanted;
      const session = await acp.open(isAllowAll(mode) ? { ...spec, mode: 'agent' } : spec, signal);
      return CopilotSession.begin(session, { modes: () => acp.modes }, mode);
    },
    check: (signal) => acp.check(signal),
  };
}

/** What the preset's variables do not say: the endpoint's wire, and headers. */
function providerEnv(provider: AgentProvider | undefined): Record<string, string> {
  if (provider?.baseUrl === undefined) return {};
  const wire = provider.wireApi?.toLowerCase() ?? '';
  const isAnthropic = /anthropic|messages/.test(wire) || (wire === '' && /anthropic/i.test(provider.baseUrl));
  const headers = Object.entries(provider.httpHeaders ?? {}).map(([name, value]) => `${name}: ${value}`);
  return {
    ...(isAnthropic ? { COPILOT_PROVIDER_TYPE: 'anthropic' } : {}),
    ...(wire === 'azure' ? { COPILOT_PROVIDER_TYPE: 'azure' } : {}),
    ...(wire === 'responses' ? { COPILOT_PROVIDER_WIRE_API: 'responses' } : {}),
    ...(headers.length === 0 ? {} : { COPILOT_PROVIDER_HEADERS: headers.join('\n') }),
  };
}
