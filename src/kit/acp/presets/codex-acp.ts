import type { AcpPreset, ModelLaunch, ToldState } from '../preset.ts';
import { record, text, type Wire } from '../wire.ts';

/** Settings of Codex as its config.toml has them. */
interface Settings {
  readonly [key: string]: string | Settings;
}

const OPENAI_URL = 'https://api.openai.com/v1';
/** None of the names Codex knows, so that no saved login and no setting of a person interferes. */
const KEY = 'CODEX_PROVIDER_API_KEY';
const OWN_PROVIDER = 'cc-connect';
const MODE = 'INITIAL_AGENT_MODE';

/**
 * OpenAI's Codex behind an adapter: up to 0.16.0 that of the Zed editor, which takes Codex's own arguments, later that of
 * the protocol's makers, which passes over them and reads variables. Both get both. Runs with 0.16.0 and 2.6.0.
 */
export const codexAcp: AcpPreset = {
  name: 'codex-acp',
  label: 'Codex (ACP)',
  command: 'codex-acp',
  args: [],
  install: 'npm install -g @agentclientprotocol/codex-acp',
  login: 'codex login',
  known: 'seen',
  oldest: '0.16.0',
  // The newer one begins in a mode in which a model decides instead of a person, and does not heed config.toml in this.
  env: { [MODE]: 'workspace-write' },
  model: ({ name, apiKey, baseUrl, model }) => {
    const chosen: Settings = model === undefined ? {} : { model };
    if (apiKey === undefined && baseUrl === undefined) return configured(chosen, {});
    const provider = {
      name: name ?? OWN_PROVIDER,
      base_url: baseUrl ?? OPENAI_URL,
      wire_api: 'responses',
    };
    const login: Settings = apiKey === undefined ? {} : { env_key: KEY };
    const config = {
      ...chosen,
      model_provider: OWN_PROVIDER,
      model_providers: { [OWN_PROVIDER]: { ...provider, ...login } },
    };
    return configured(config, { [KEY]: apiKey });
  },
  keyLogins: {
    'codex-api-key': 'CODEX_API_KEY',
    'openai-api-key': 'OPENAI_API_KEY',
    'api-key': 'CODEX_API_KEY',
  },
  modes: [
    {
      id: 'default',
      aliases: [],
      label: 'Default',
      description: 'As its own config.toml says; from 1.0.0 on as auto-edit.',
    },
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
      description: 'Works inside the folder, asks nobody.',
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
  modeEnv: {
    suggest: { [MODE]: 'read-only' },
    'auto-edit': { [MODE]: 'workspace-write' },
    // What leaves the folder is decided by a model, not refused.
    'full-auto': { [MODE]: 'agent' },
    yolo: { [MODE]: 'agent-full-access' },
  },
  nestingVariables: ['CODEX_SANDBOX', 'CODEX_SANDBOX_NETWORK_DISABLED', 'CODEX_THREAD_ID'],
  compactCommand: '/compact',
  // Up to 0.16.0 it finishes a running turn, then waits for ever.
  stdinEnd: 'stays',
  settleMs: 750,
  // Said as if it were a part of the answer, the first in front of every one of a model that Codex does not know.
  chatter: /^((Warning: )?Model metadata for \S+ not found\.|Config warning: .* find bubblewrap)/,
  toldState: threadState,
  harmlessLoad: true,
  emptyTrace: false,
};

/** From 1.0.0 on a turn whose model call failed ends well, and only the state of its thread tells of the failure. */
function threadState(update: Wire): ToldState | undefined {
  const type = text(record(record(record(update._meta).codex).threadStatus).type);
  if (type === undefined) return undefined;
  return type === 'systemError' ? 'failed' : type === 'active' ? 'working' : 'other';
}

/** Settings of Codex in both forms. */
function configured(config: Settings, env: Readonly<Record<string, string | undefined>>): ModelLaunch {
  const given = Object.keys(config).length === 0 ? {} : { CODEX_CONFIG: JSON.stringify(config) };
  return { args: flags(config), env: { ...given, ...env } };
}

function policy(approval: string, sandbox: string): string[] {
  return flags({ approval_policy: approval, sandbox_mode: sandbox });
}

/** One argument per value. A TOML basic string is one of JSON's. */
function flags(settings: Settings, at = ''): string[] {
  return Object.entries(settings).flatMap(([key, value]) =>
    typeof value === 'string' ? ['-c', `${at}${key}=${JSON.stringify(value)}`] : flags(value, `${at}${key}.`),
  );
}
