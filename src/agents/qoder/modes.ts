import type { AgentMode } from '../../core/agent.ts';

export const MODES: readonly AgentMode[] = [
  {
    id: 'default',
    aliases: ['ask', 'normal'],
    label: 'Default',
    description: 'What needs a permission is refused, as nobody can be asked',
  },
  {
    id: 'yolo',
    aliases: ['bypass', 'bypasspermissions', 'bypass-permissions'],
    label: 'YOLO',
    description: 'Everything is allowed',
    bypass: true,
  },
];
