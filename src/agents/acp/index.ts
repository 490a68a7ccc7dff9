import type { Agent, AgentContext, AgentDefinition } from '../../core/agent.ts';
import { AcpAgent } from '../../kit/acp/agent.ts';
import { acpConfig } from '../../kit/acp/definition.ts';
import { acpPresets } from '../../kit/acp/known-agents.ts';
import type { AcpPreset } from '../../kit/acp/preset.ts';
import { invalid, stringOption } from '../../kit/command-line.ts';
import { acpCatalogue } from './catalogue.ts';

/**
 * Any agent that speaks the Agent Client Protocol on its stdio.
 *
 * Options: `preset` (the name of a known agent) or `command`, and those of {@link acpConfig}.
 */
function create(options: Readonly<Record<string, unknown>>, context: AgentContext): Agent {
  const preset = presetNamed(stringOption(options, 'preset'));
  return new AcpAgent(acpConfig({ type: 'acp', preset, options, context }), context);
}

function presetNamed(name: string | undefined): AcpPreset | undefined {
  if (name === undefined) return undefined;
  const found = acpPresets.find((preset) => preset.name === name);
  if (found !== undefined) return found;
  const known = acpPresets.map((preset) => preset.name).join(', ');
  throw invalid('preset', `names no known agent; known are ${known}`);
}

export const definition: AgentDefinition = { type: 'acp', binaries: [], create, catalogue: acpCatalogue };
