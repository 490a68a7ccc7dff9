import type { AcpPreset } from '../preset.ts';

/** Carries a provider's key into the settings, which name the variable only. */
const KEY = 'OPENCODE_PROVIDER_API_KEY';

/** OpenCode; recorded with 1.18.33. */
export const opencode: AcpPreset = {
  name: 'opencode',
  label: 'OpenCode',
  command: 'opencode',
  args: ['acp'],
  install: 'npm install -g opencode-ai',
  login: 'opencode auth login',
  known: 'seen',
  oldest: '1.18.0',
  env: { OPENCODE_DISABLE_AUTOUPDATE: '1' },
  model: ({ name, apiKey, baseUrl, model }) => {
    if (baseUrl === undefined) return { env: { ANTHROPIC_API_KEY: apiKey } };
    const models = model === undefined ? {} : { [model]: { name: model } };
    const options = { baseURL: baseUrl, ...(apiKey === undefined ? {} : { apiKey: `{env:${KEY}}` }) };
    const provider = { npm: '@ai-sdk/openai-compatible', name: name ?? 'cc-connect', options, models };
    const settings = {
      provider: { 'cc-connect': provider },
      ...(model === undefined ? {} : { model: `cc-connect/${model}` }),
    };
    return { env: { OPENCODE_CONFIG_CONTENT: JSON.stringify(settings), [KEY]: apiKey } };
  },
  modes: [
    { id: 'build', aliases: ['default'], label: 'Build', description: 'Works with its full set of tools.' },
    { id: 'plan', aliases: [], label: 'Plan', description: 'Reads and plans, changes nothing.' },
  ],
  nestingVariables: ['OPENCODE', 'OPENCODE_PID'],
  compactCommand: '/compact',
  stdinEnd: 'exits',
  harmlessLoad: true,
};
