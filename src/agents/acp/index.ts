import type { Agent, AgentContext, AgentDefinition } from '../../core/agent.ts';
import { AcpAgent } from '../../kit/acp/agent.ts';
import { ACP_OPTIONS, acpConfig } from '../../kit/acp/definition.ts';
import { acpPresets } from '../../kit/acp/known-agents.ts';
import type { AcpPreset } from '../../kit/acp/preset.ts';
import { type OptionReader, type RawOptions, readAgentOptions } from '../../kit/option-reader.ts';
import { acpCatalogue } from './catalogue.ts';

const OPTIONS = ['preset', ...ACP_OPTIONS] as const;

/**
 * Any agent that speaks the Agent Client Protocol on its stdio.
 *
 * Options: `preset` (the name of a known agent) or `command`, and those of {@link acpConfig}.
 */
function create(raw: RawOptions, context: AgentContext): Agent {
  const config = readAgentOptions(OPTIONS, raw, (options) =>
    acpConfig({ type: 'acp', preset: presetOf(options), options, context }),
  );
  return new AcpAgent(config, context);
}

function presetOf(options: OptionReader<'preset'>): AcpPreset | undefined {
  const name = options.word('preset');
  const found = acpPresets.find((preset) => preset.name === name);
  if (name === undefined || found !== undefined) return found;
  const known = acpPresets.map((preset) => preset.name).join(', ');
  options.wrong('preset', `names no known agent; known are ${known}`);
  // Any will do: without one a command would be asked for, too.
  return acpPresets[0];
}

export const definition: AgentDefinition = {
  type: 'acp',
  binaries: [],
  options: OPTIONS,
  create,
  catalogue: acpCatalogue,
};
