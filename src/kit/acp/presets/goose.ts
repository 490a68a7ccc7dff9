import { type AcpPreset, byVariables } from '../preset.ts';

/** Block's goose, by its makers' documentation; ACP came with 1.8.0. */
export const goose: AcpPreset = {
  name: 'goose',
  label: 'goose',
  command: 'goose',
  args: ['acp'],
  install: 'See https://block.github.io/goose',
  login: 'goose configure',
  known: 'documented',
  oldest: '1.8.0',
  model: byVariables({
    apiKey: 'OPENAI_API_KEY',
    baseUrl: 'OPENAI_HOST',
    model: 'GOOSE_MODEL',
    withBaseUrl: { GOOSE_PROVIDER: 'openai' },
  }),
  modes: [
    { id: 'auto', aliases: ['yolo', 'bypass'], label: 'Auto', description: 'Asks nothing.', bypass: true },
    { id: 'approve', aliases: ['default', 'ask'], label: 'Approve', description: 'Asks before every tool.' },
    {
      id: 'smart_approve',
      aliases: ['smart-approve', 'smart'],
      label: 'Smart approve',
      description: 'Asks before what changes something.',
    },
    { id: 'chat', aliases: ['plan'], label: 'Chat', description: 'Answers, uses no tools.' },
  ],
  stdinEnd: 'exits',
};
