import type { AgentMode } from '../../core/agent.ts';
import { gemini } from '../../kit/acp/presets/gemini.ts';

/** The approval modes, by the ids that ACP uses. */
export const MODES: readonly AgentMode[] = gemini.modes ?? [];

/** The value of `--approval-mode`, which is spelt otherwise than over ACP. */
export function approvalMode(mode: AgentMode): string {
  return mode.id.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
