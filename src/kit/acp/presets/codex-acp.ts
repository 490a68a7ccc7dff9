import type { AcpPreset } from '../preset.ts';

const OPENAI_URL = 'https://api.openai.com/v1';
/** None of the names Codex knows, so that no saved login and no setting of a person interferes. */
const KEY = 'CODEX_PROVIDER_API_KEY';

/** OpenAI's Codex behind the adapter of the Zed editor; runs with 0.16.0. */
export const codexAcp: AcpPreset = {
  name: 'codex-acp',
  label: 'Codex (ACP)',
  command: 'codex-acp',
  args: [],
  install: 'npm install -g @zed-industries/codex-acp',
  login: 'codex login',
  known: 'seen',
  oldest: '0.16.0',
  model: ({ name, apiKey, baseUrl, model }) => {
    const settings = model === undefined ? [] : [`model=${toml(model)}`];
    if (apiKey === undefined && baseUrl === undefined) return { args: flags(settings) };
    const at = 'model_providers.cc-connect';
    settings.push(
      'model_provider="cc-connect"',
      `${at}.name=${toml(name ?? 'cc-connect')}`,
      `${at}.base_url=${toml(baseUrl ?? OPENAI_URL)}`,
      `${at}.wire_api="responses"`,
    );
    if (apiKey !== undefined) settings.push(`${at}.env_key="${KEY}"`);
    return { args: flags(settings), env: { [KEY]: apiKey } };
  },
  keyLogins: { 'codex-api-key': 'CODEX_API_KEY', 'openai-api-key': 'OPENAI_API_KEY' },
  modes: [
    { id: 'default', aliases: [], label: 'Default', description: 'As its own config.toml says.' },
    {
      id: 'suggest',
      aliases: ['ask'],
      label: 'Suggest',
      description: 'Reads; asks before it changes anything.',
    },
    {
      id: 'auto-edit',
      aliases: ['auto', 'edit'],
      label: 'Auto edit',
      description: 'Works inside the folder; asks before it leaves it.',
    },
    {
      id: 'full-auto',
      aliases: ['full'],
      label: 'Full auto',
      description: 'Works inside the folder, asks nothing.',
    },
    {
      id: 'yolo',
      aliases: ['bypass'],
      label: 'YOLO',
      description: 'No sandbox, no questions.',
      bypass: true,
    },
  ],
  modeArgs: {
    suggest: policy('on-request', 'read-only'),
    'auto-edit': policy('on-request', 'workspace-write'),
    'full-auto': policy('never', 'workspace-write'),
    yolo: policy('never', 'danger-full-access'),
  },
  nestingVariables: ['CODEX_SANDBOX', 'CODEX_SANDBOX_NETWORK_DISABLED', 'CODEX_THREAD_ID'],
  compactCommand: '/compact',
  // It finishes a running turn, then waits for ever.
  stdinEnd: 'stays',
  settleMs: 750,
  // Said in front of every answer of a model that Codex does not know, as if it were a part of it.
  chatter: /^Model metadata for \S+ not found\./,
  harmlessLoad: true,
  emptyTrace: false,
};

function policy(approval: string, sandbox: string): string[] {
  return flags([`approval_policy=${toml(approval)}`, `sandbox_mode=${toml(sandbox)}`]);
}

function flags(settings: readonly string[]): string[] {
  return settings.flatMap((setting) => ['-c', setting]);
}

/** A TOML basic string; JSON's escapes are a subset of its own. */
function toml(value: string): string {
  return JSON.stringify(value);
}
