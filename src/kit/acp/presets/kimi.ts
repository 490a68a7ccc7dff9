import { type AcpPreset, byVariables } from '../preset.ts';

/** Moonshot's Kimi Code; recorded with 2.1.0, which needs Node 22.19 or newer. */
export const kimi: AcpPreset = {
  name: 'kimi',
  label: 'Kimi Code',
  command: 'kimi',
  args: ['acp'],
  install: 'npm install -g @moonshot-ai/kimi-code',
  login: 'kimi login',
  known: 'recorded',
  oldest: '2.1.0',
  model: byVariables({ apiKey: 'KIMI_API_KEY', baseUrl: 'KIMI_BASE_URL', model: 'KIMI_MODEL_NAME' }),
  modes: [
    { id: 'default', aliases: ['ask'], label: 'Default', description: 'Asks before edits and commands.' },
    { id: 'plan', aliases: [], label: 'Plan', description: 'Reads and plans, changes nothing.' },
    { id: 'auto', aliases: [], label: 'Auto', description: 'Decides itself what needs asking.' },
    { id: 'yolo', aliases: ['bypass'], label: 'YOLO', description: 'Asks nothing.', bypass: true },
  ],
  compactCommand: '/compact',
  stdinEnd: 'exits',
  harmlessLoad: true,
};
