import { type AcpPreset, byVariables } from '../preset.ts';

const MODE = 'https://agentclientprotocol.com/protocol/session-modes';

/** GitHub's Copilot CLI; recorded with 1.0.102 over a provider of its own ("bring your own key"). */
export const copilot: AcpPreset = {
  name: 'copilot',
  label: 'GitHub Copilot CLI',
  command: 'copilot',
  args: ['--acp'],
  registryIds: ['github-copilot'],
  install: 'npm install -g @github/copilot',
  login: 'copilot login',
  known: 'seen',
  oldest: '1.0.102',
  model: byVariables({
    apiKey: 'COPILOT_PROVIDER_API_KEY',
    baseUrl: 'COPILOT_PROVIDER_BASE_URL',
    model: 'COPILOT_MODEL',
    withBaseUrl: { COPILOT_PROVIDER_TYPE: 'openai' },
  }),
  modes: [
    {
      id: `${MODE}#agent`,
      aliases: ['agent', 'default'],
      label: 'Agent',
      description: 'Asks before it acts.',
    },
    { id: `${MODE}#plan`, aliases: ['plan'], label: 'Plan', description: 'Plans, changes nothing.' },
    {
      id: `${MODE}#autopilot`,
      aliases: ['autopilot'],
      label: 'Autopilot',
      description: 'Goes on by itself until the task is done.',
    },
  ],
  stdinEnd: 'exits',
  harmlessLoad: true,
  // A refused key and other model errors end the turn "well"; tries before it are told as text too.
  failureText: /^(?:Info: Request failed [\s\S]*?Retrying\.\.\.)*Error: \S/,
};
