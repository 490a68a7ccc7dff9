import type { AgentMode } from '../../core/agent.ts';

export interface AntigravityMode extends AgentMode {
  readonly flags: readonly string[];
  /** Tools are asked about in the chat, through a hook. */
  readonly asks: boolean;
}

export const MODES: readonly AntigravityMode[] = [
  {
    id: 'default',
    aliases: ['ask', 'normal'],
    label: 'Default',
    description: 'Asks before every tool that does more than read',
    flags: [],
    asks: true,
  },
  {
    id: 'yolo',
    aliases: ['bypass', 'bypasspermissions', 'auto', 'full-auto'],
    label: 'YOLO',
    description: 'Everything is allowed',
    bypass: true,
    flags: ['--dangerously-skip-permissions'],
    asks: false,
  },
  {
    id: 'plan',
    aliases: ['sandbox'],
    label: 'Plan',
    description: 'Commands run in the sandbox of the CLI',
    flags: ['--sandbox'],
    asks: true,
  },
];
