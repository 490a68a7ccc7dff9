import type { AgentMode } from '../../core/agent.ts';

/** `crush run` approves by itself whatever the model wants; no flag of it is more careful. */
export const MODES: readonly AgentMode[] = [
  {
    id: 'yolo',
    aliases: ['auto', 'bypass', 'force'],
    label: 'YOLO',
    description: 'Asks nothing: `crush run` approves every tool by itself',
    bypass: true,
  },
];
