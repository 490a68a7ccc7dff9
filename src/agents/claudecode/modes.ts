import type { AgentMode } from '../../core/agent.ts';

/** The permission modes of the CLI. Names are checked here: older versions take any name without a word. */
export const MODES: readonly AgentMode[] = [
  {
    id: 'default',
    aliases: ['ask', 'normal'],
    label: 'Default',
    description: 'Asks before it changes files or runs commands',
  },
  {
    id: 'acceptEdits',
    aliases: ['edit', 'edits', 'accept-edits', 'accept_edits', 'acceptedits'],
    label: 'Accept edits',
    description: 'Changes files without asking; asks before running commands',
  },
  { id: 'plan', aliases: [], label: 'Plan', description: 'Only reads, and presents a plan for approval' },
  {
    id: 'auto',
    aliases: [],
    label: 'Auto',
    description: 'Claude judges each action itself and asks only about risky ones',
  },
  {
    id: 'dontAsk',
    aliases: ['dont-ask', 'dont_ask', 'dontask'],
    label: "Don't ask",
    description: 'Denies whatever is not allowed beforehand',
  },
  {
    id: 'bypassPermissions',
    aliases: [
      'yolo',
      'bypass',
      'bypass-permissions',
      'bypass_permissions',
      'bypasspermissions',
      'auto-approve',
    ],
    label: 'Bypass permissions',
    description: 'Never asks; everything is allowed',
    bypass: true,
  },
];
