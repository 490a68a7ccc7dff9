import type { AgentMode } from '../../core/agent.ts';

/** pi itself never asks; what a mode allows is seen to by the companion (see companion.ts). */
export const MODES: readonly AgentMode[] = [
  {
    id: 'default',
    aliases: ['ask', 'normal', 'suggest'],
    label: 'Default',
    description: 'Reads freely; asks before it runs commands or changes files',
  },
  {
    id: 'plan',
    aliases: ['read-only', 'readonly', 'read_only'],
    label: 'Plan',
    description: 'Only reads; commands and changes are refused',
  },
  {
    id: 'yolo',
    aliases: ['bypass', 'bypasspermissions', 'bypass-permissions', 'auto', 'full-auto', 'danger'],
    label: 'YOLO',
    description: 'Never asks; everything is allowed',
    bypass: true,
  },
];
