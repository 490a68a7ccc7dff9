import { type AcpPreset, byVariables } from '../preset.ts';

/** Alibaba's Qwen Code; runs with 0.24.4. */
export const qwen: AcpPreset = {
  name: 'qwen',
  label: 'Qwen Code',
  command: 'qwen',
  args: ['--acp'],
  registryIds: ['qwen-code'],
  install: 'npm install -g @qwen-code/qwen-code',
  login: 'qwen auth',
  known: 'seen',
  oldest: '0.24.4',
  model: byVariables({ apiKey: 'OPENAI_API_KEY', baseUrl: 'OPENAI_BASE_URL', model: 'OPENAI_MODEL' }),
  keyLogins: { openai: 'OPENAI_API_KEY' },
  modes: [
    { id: 'plan', aliases: [], label: 'Plan', description: 'Reads and plans, changes nothing.' },
    { id: 'default', aliases: ['ask'], label: 'Default', description: 'Asks before edits and commands.' },
    {
      id: 'auto-edit',
      aliases: ['auto_edit', 'edit'],
      label: 'Auto edit',
      description: 'Edits files unasked.',
    },
    { id: 'auto', aliases: [], label: 'Auto', description: 'Decides itself what needs asking.' },
    { id: 'yolo', aliases: ['bypass'], label: 'YOLO', description: 'Asks nothing.', bypass: true },
  ],
  compactCommand: '/compress',
  stdinEnd: 'exits',
};
