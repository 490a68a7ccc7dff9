import type { AcpPreset } from './preset.ts';
import { claudeAgentAcp } from './presets/claude-agent-acp.ts';
import { codexAcp } from './presets/codex-acp.ts';
import { copilot } from './presets/copilot.ts';
import { cursor } from './presets/cursor.ts';
import { devin } from './presets/devin.ts';
import { gemini } from './presets/gemini.ts';
import { goose } from './presets/goose.ts';
import { kimi } from './presets/kimi.ts';
import { opencode } from './presets/opencode.ts';
import { qoder } from './presets/qoder.ts';
import { qwen } from './presets/qwen.ts';

/** Every agent that `options.preset` may name. */
export const acpPresets: readonly AcpPreset[] = [
  claudeAgentAcp,
  codexAcp,
  copilot,
  cursor,
  devin,
  gemini,
  goose,
  kimi,
  opencode,
  qoder,
  qwen,
];
