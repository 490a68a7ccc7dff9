import { type AcpPreset, byVariables } from '../preset.ts';

/** Cursor's CLI, by its makers' documentation. */
export const cursor: AcpPreset = {
  name: 'cursor',
  label: 'Cursor',
  command: 'cursor-agent',
  args: ['acp'],
  install: 'curl https://cursor.com/install -fsS | bash',
  login: 'cursor-agent login',
  known: 'documented',
  model: byVariables({ apiKey: 'CURSOR_API_KEY' }),
  keyLogins: { cursor_login: 'CURSOR_API_KEY' },
  modes: [
    { id: 'agent', aliases: ['default'], label: 'Agent', description: 'Works with its full set of tools.' },
    { id: 'plan', aliases: [], label: 'Plan', description: 'Reads and plans, changes nothing.' },
    { id: 'ask', aliases: [], label: 'Ask', description: 'Answers questions, changes nothing.' },
  ],
  stdinEnd: 'exits',
};
