import type { AcpPreset } from '../preset.ts';

/** Anthropic's Claude Code behind the adapter of the protocol's makers; runs with 0.49.0 and 0.101.0. */
export const claudeAgentAcp: AcpPreset = {
  name: 'claude-agent-acp',
  label: 'Claude Code (ACP)',
  command: 'claude-agent-acp',
  args: [],
  registryIds: ['claude-code-acp'],
  install: 'npm install -g @agentclientprotocol/claude-agent-acp',
  login: 'claude /login',
  known: 'seen',
  oldest: '0.49.0',
  // A key in ANTHROPIC_API_KEY goes before the token, so an address of its own empties it.
  model: ({ apiKey, baseUrl, model }) => ({
    env:
      baseUrl === undefined
        ? { ANTHROPIC_API_KEY: apiKey, ANTHROPIC_MODEL: model }
        : {
            ANTHROPIC_BASE_URL: baseUrl,
            ANTHROPIC_AUTH_TOKEN: apiKey,
            ANTHROPIC_API_KEY: apiKey === undefined ? undefined : '',
            ANTHROPIC_MODEL: model,
          },
  }),
  modes: [
    { id: 'default', aliases: ['ask'], label: 'Default', description: 'Asks before edits and commands.' },
    {
      id: 'acceptEdits',
      aliases: ['accept-edits', 'edit'],
      label: 'Accept edits',
      description: 'Edits files unasked.',
    },
    { id: 'plan', aliases: [], label: 'Plan', description: 'Reads and plans, changes nothing.' },
    { id: 'auto', aliases: [], label: 'Auto', description: 'Decides itself what needs asking.' },
    {
      id: 'dontAsk',
      aliases: ['dont-ask'],
      label: "Don't ask",
      description: 'Denies what is not allowed before.',
    },
    {
      id: 'bypassPermissions',
      aliases: ['bypass', 'yolo'],
      label: 'Bypass permissions',
      description: 'Asks nothing.',
      bypass: true,
    },
  ],
  // From 0.101.0 on it begins in `auto`.
  firstMode: 'default',
  nestingVariables: ['CLAUDECODE', 'CLAUDE_CODE_ENTRYPOINT'],
  compactCommand: '/compact',
  stdinEnd: 'exits',
  systemPrompt: true,
  harmlessLoad: true,
  emptyTrace: false,
};
