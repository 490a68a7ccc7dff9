import { type AcpPreset, byVariables } from '../preset.ts';

/** Google's Gemini CLI; recorded with 0.61.0. */
export const gemini: AcpPreset = {
  name: 'gemini',
  label: 'Gemini CLI',
  command: 'gemini',
  args: ['--acp'],
  install: 'npm install -g @google/gemini-cli',
  login: 'gemini',
  known: 'seen',
  oldest: '0.61.0',
  // Otherwise it refuses to work without a person who trusts the folder; the config has named it.
  env: { GEMINI_CLI_TRUST_WORKSPACE: 'true' },
  model: byVariables({
    apiKey: 'GEMINI_API_KEY',
    baseUrl: 'GOOGLE_GEMINI_BASE_URL',
    model: 'GEMINI_MODEL',
  }),
  keyLogins: { 'gemini-api-key': 'GEMINI_API_KEY' },
  modes: [
    { id: 'default', aliases: ['ask'], label: 'Default', description: 'Asks before edits and commands.' },
    {
      id: 'autoEdit',
      aliases: ['auto_edit', 'auto-edit', 'edit'],
      label: 'Auto edit',
      description: 'Edits files unasked.',
    },
    {
      id: 'yolo',
      aliases: ['bypass', 'force'],
      label: 'YOLO',
      description: 'Asks nothing.',
      bypass: true,
    },
    { id: 'plan', aliases: [], label: 'Plan', description: 'Reads and plans, changes nothing.' },
  ],
  nestingVariables: ['GEMINI_CLI'],
  compactCommand: '/compress',
  stdinEnd: 'finishes',
  // Written whenever the mode has changed.
  chatter: /^\[MODE_UPDATE\] \w+$/,
};
