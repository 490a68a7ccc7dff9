import type { AgentMode } from '../../core/agent.ts';

export interface IflowMode extends AgentMode {
  readonly flag: string;
}

export const MODES: readonly IflowMode[] = [
  {
    id: 'default',
    aliases: ['normal'],
    label: 'Default',
    description: 'Only tools that need no permission, as nobody can be asked',
    flag: '--default',
  },
  {
    id: 'auto-edit',
    aliases: ['autoedit', 'auto_edit', 'edit', 'smart'],
    label: 'Auto edit',
    description: 'Edits files without asking',
    flag: '--autoEdit',
  },
  { id: 'plan', aliases: [], label: 'Plan', description: 'Reads and plans, changes nothing', flag: '--plan' },
  {
    id: 'yolo',
    aliases: ['bypass', 'force', 'auto', 'bypasspermissions'],
    label: 'YOLO',
    description: 'Everything is allowed',
    bypass: true,
    flag: '--yolo',
  },
];
