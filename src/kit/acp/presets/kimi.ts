import type { AcpPreset, ModelLaunch, ModelSource } from '../preset.ts';

/** Moonshot's Kimi Code; tested with 2.1.0, which needs Node 22.19 or newer. */
export const kimi: AcpPreset = {
  name: 'kimi',
  label: 'Kimi Code',
  command: 'kimi',
  args: ['acp'],
  install: 'npm install -g @moonshot-ai/kimi-code',
  login: 'kimi login',
  known: 'seen',
  oldest: '2.1.0',
  env: { KIMI_CODE_NO_AUTO_UPDATE: '1' },
  model: launch,
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

/** The variables make a model of their own, and only all together; without a key the login's models count. */
function launch({ apiKey, baseUrl, model }: ModelSource): ModelLaunch {
  if (apiKey === undefined || model === undefined) return { env: { KIMI_API_KEY: apiKey } };
  const own = baseUrl === undefined || /moonshot|kimi/i.test(baseUrl);
  const type = own ? 'kimi' : /anthropic/i.test(baseUrl) ? 'anthropic' : 'openai';
  return {
    env: {
      KIMI_MODEL_API_KEY: apiKey,
      KIMI_MODEL_BASE_URL: baseUrl,
      KIMI_MODEL_NAME: model,
      KIMI_MODEL_PROVIDER_TYPE: type,
    },
  };
}
