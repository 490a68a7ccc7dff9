import type { AgentMode } from '../../core/agent.ts';

/** What a permission mode means in arguments. */
export interface CursorMode extends AgentMode {
  readonly flags: readonly string[];
}

export const MODES: readonly CursorMode[] = [
  {
    id: 'default',
    aliases: ['agent', 'normal'],
    label: 'Default',
    description: 'Uses what its own permissions allow; the rest is refused, as nobody can be asked',
    flags: [],
  },
  {
    id: 'force',
    aliases: ['yolo', 'auto', 'bypass', 'bypasspermissions'],
    label: 'Force',
    description: 'Runs every tool that is not denied in its own permissions',
    bypass: true,
    flags: ['--force'],
  },
  {
    id: 'plan',
    aliases: [],
    label: 'Plan',
    description: 'Reads and plans, changes nothing',
    flags: ['--mode', 'plan'],
  },
  {
    id: 'ask',
    aliases: ['question'],
    label: 'Ask',
    description: 'Answers questions, changes nothing',
    flags: ['--mode', 'ask'],
  },
];
