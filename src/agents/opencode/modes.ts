import type { AgentMode } from '../../core/agent.ts';

/** What may be done; asking is a matter of OpenCode's own `permission` settings, which allow most by default. */
export const MODES: readonly AgentMode[] = [
  {
    id: 'default',
    aliases: ['build', 'ask', 'normal'],
    label: 'Default',
    description: 'Works with its full set of tools, as far as your OpenCode settings allow',
  },
  { id: 'plan', aliases: [], label: 'Plan', description: 'Reads and plans, changes nothing' },
  {
    id: 'yolo',
    aliases: ['auto', 'bypass', 'force'],
    label: 'YOLO',
    description: 'Asks nothing; everything that is not denied is allowed',
    bypass: true,
  },
];
