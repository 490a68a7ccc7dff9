import type { AgentDefinition } from '../../core/agent.ts';
import { acpDefinition } from '../../kit/acp/definition.ts';
import { devin } from '../../kit/acp/presets/devin.ts';

/** Cognition's Devin CLI over ACP. */
export const definition: AgentDefinition = acpDefinition('devin', devin);
