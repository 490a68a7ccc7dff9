import { describe, expect, test } from 'vitest';
import { definition } from '../../../src/agents/acp/index.ts';
import { definition as devin } from '../../../src/agents/devin/index.ts';
import type { AgentContext, AgentProvider } from '../../../src/core/agent.ts';
import { isOlder } from '../../../src/kit/acp/check.ts';
import { ACP_OPTIONS, acpConfig } from '../../../src/kit/acp/definition.ts';
import { acpPresets } from '../../../src/kit/acp/known-agents.ts';
import { launchOf } from '../../../src/kit/acp/launch.ts';
import { readAgentOptions } from '../../../src/kit/option-reader.ts';
import { quietLog } from '../../sim/agent/session-reader.ts';

const provider: AgentProvider = {
  name: 'mine',
  apiKey: 'sk-key-of-mine',
  baseUrl: 'http://127.0.0.1:1/v1',
  model: 'the-model',
  models: [{ model: 'the-model', alias: 'best' }],
  env: { EXTRA: 'yes' },
};
const context = { log: quietLog, cacheDir: '/tmp', baseDir: '/tmp' };
const preset = (name: string) => acpPresets.find((known) => known.name === name);
const configOf = (name: string, raw: Record<string, unknown>, around: AgentContext) =>
  readAgentOptions(ACP_OPTIONS, raw, (options) =>
    acpConfig({ type: 'acp', preset: preset(name), options, context: around }),
  );
const launch = (
  name: string,
  options: Record<string, unknown> = {},
  wanted: { mode?: string; model?: string } = {},
) => {
  const config = configOf(name, options, { ...context, provider });
  return launchOf(config, { PATH: '/bin', CC_PROJECT: 'demo' }, { model: config.model, ...wanted });
};

describe('presets', () => {
  test('[feature: presets] are these, each with what a person needs to get and log in to it', () => {
    expect(acpPresets.map(({ name }) => name)).toEqual([
      'claude-agent-acp',
      'codex-acp',
      'copilot',
      'cursor',
      'devin',
      'gemini',
      'goose',
      'kimi',
      'opencode',
      'qoder',
      'qwen',
    ]);
    for (const { install, login, command } of acpPresets) {
      expect([install, login, command].every((text) => text.length > 1)).toBe(true);
    }
  });

  test('[feature: presets] an unknown one is refused with the names there are', () => {
    expect(() => definition.create({ preset: 'clippy' }, context)).toThrow(/names no known agent.*opencode/);
    expect(() => definition.create({}, context)).toThrow(/"command" is missing/);
  });

  test('[feature: presets] a command of one’s own gets the arguments it lacks, unless args says which count', () => {
    const program = (options: Record<string, unknown>) => {
      const { command, args } = configOf('gemini', options, context);
      return [command, ...args];
    };
    expect(program({})).toEqual(['gemini', '--acp']);
    expect(program({ cmd: '/opt/gemini' })).toEqual(['/opt/gemini', '--acp']);
    expect(program({ cmd: ['node', '/opt/gemini.js'] })).toEqual(['node', '/opt/gemini.js', '--acp']);
    expect(program({ cmd: 'gemini --acp --debug' })).toEqual(['gemini', '--acp', '--debug']);
    expect(program({ cmd: 'gemini', args: ['--experimental-acp'] })).toEqual([
      'gemini',
      '--experimental-acp',
    ]);
    expect(program({ args: ['--experimental-acp'] })).toEqual(['gemini', '--experimental-acp']);
  });

  test('[feature: presets] devin is a type of its own', () => {
    expect(devin).toMatchObject({ type: 'devin', binaries: ['devin'] });
    const agent = devin.create({ display_name: 'D' }, context);
    expect(agent).toMatchObject({ type: 'devin', label: 'D' });
  });
});

describe('providers', () => {
  test.each([
    [
      'claude-agent-acp',
      {
        ANTHROPIC_BASE_URL: provider.baseUrl,
        ANTHROPIC_AUTH_TOKEN: provider.apiKey,
        ANTHROPIC_MODEL: 'the-model',
        ANTHROPIC_API_KEY: '',
      },
    ],
    [
      'gemini',
      {
        GEMINI_API_KEY: provider.apiKey,
        GOOGLE_GEMINI_BASE_URL: provider.baseUrl,
        GEMINI_MODEL: 'the-model',
      },
    ],
    [
      'copilot',
      {
        COPILOT_PROVIDER_BASE_URL: provider.baseUrl,
        COPILOT_PROVIDER_TYPE: 'openai',
        COPILOT_MODEL: 'the-model',
      },
    ],
    [
      'qwen',
      { OPENAI_API_KEY: provider.apiKey, OPENAI_BASE_URL: provider.baseUrl, OPENAI_MODEL: 'the-model' },
    ],
    ['goose', { GOOSE_PROVIDER: 'openai', OPENAI_API_KEY: provider.apiKey, GOOSE_MODEL: 'the-model' }],
    [
      'codex-acp',
      {
        CODEX_PROVIDER_API_KEY: provider.apiKey,
        CODEX_CONFIG: JSON.stringify({
          model: 'the-model',
          model_provider: 'cc-connect',
          model_providers: {
            'cc-connect': {
              name: provider.name,
              base_url: provider.baseUrl,
              wire_api: 'responses',
              env_key: 'CODEX_PROVIDER_API_KEY',
            },
          },
        }),
      },
    ],
  ])('[feature: providers] %s gets key, address and model in its own variables', (name, env) => {
    const started = launch(name);
    expect(started.env).toMatchObject({ ...env, EXTRA: 'yes', PATH: '/bin', CC_PROJECT: 'demo' });
    expect(started.modelGiven).toBe(true);
  });

  test.each(acpPresets.map(({ name }) => [name]))(
    '[feature: providers] %s never gets the key by argument',
    (name) => {
      expect(launch(name).args.join(' ')).not.toContain(provider.apiKey);
    },
  );

  test('[feature: providers] the model of a session takes the place of the configured one', () => {
    const codex = launch('codex-acp', {}, { model: 'other' });
    expect(codex.args).toContain('model="other"');
    expect(JSON.parse(codex.env.CODEX_CONFIG ?? '')).toMatchObject({ model: 'other' });
    expect(launch('claude-agent-acp', {}, { model: 'other' }).env.ANTHROPIC_MODEL).toBe('other');
  });

  test('[feature: providers] the configuration wins over the provider, and the daemon over both', () => {
    const { env } = launch('gemini', { env: { GEMINI_API_KEY: 'own', CC_PROJECT: 'forged' } });
    expect(env).toMatchObject({ GEMINI_API_KEY: 'own', CC_PROJECT: 'demo' });
  });

  test('[feature: models] a provider’s models are the ones to choose from', () => {
    const agent = definition.create({ preset: 'qwen' }, { ...context, provider });
    expect(agent.configuredModels).toEqual([{ id: 'the-model', label: 'best' }]);
    expect(agent.defaultModel).toBe('the-model');
  });
});

describe('modes before the agent has told its own', () => {
  test('[feature: mode change] are those that are known, by any of their names', () => {
    const agent = definition.create({ preset: 'gemini', mode: 'auto_edit' }, context);
    expect(agent.defaultMode).toBe('autoEdit');
    expect(agent.modes.find(({ id }) => id === 'yolo')?.bypass).toBe(true);
    const copilot = definition.create({ preset: 'copilot', mode: 'plan' }, context);
    expect(copilot.defaultMode).toMatch(/#plan$/);
  });

  test('[feature: mode change] an agent that would begin in a laxer one begins in the one that asks', () => {
    expect(definition.create({ preset: 'claude-agent-acp' }, context).defaultMode).toBe('default');
    const set = definition.create({ preset: 'claude-agent-acp', mode: 'yolo' }, context);
    expect(set.defaultMode).toBe('bypassPermissions');
  });

  test('[feature: mode change] an agent without modes is started in one by arguments, so a change is a new start', () => {
    const agent = definition.create({ preset: 'codex-acp', mode: 'yolo' }, context);
    expect(agent.capabilities.liveMode).toBe(false);
    expect(launch('codex-acp', {}, { mode: 'yolo' }).args).toEqual(
      expect.arrayContaining(['approval_policy="never"', 'sandbox_mode="danger-full-access"']),
    );
    expect(launch('codex-acp').args.join(' ')).not.toContain('sandbox_mode');
  });

  test('[feature: mode change] so is one that tells modes, which begins in the one that asks unless told otherwise', () => {
    const began = (options: object, mode?: string) =>
      launch('codex-acp', { ...options }, mode === undefined ? {} : { mode }).env.INITIAL_AGENT_MODE;
    expect(began({})).toBe('workspace-write');
    expect(began({}, 'default')).toBe('workspace-write');
    expect(began({}, 'suggest')).toBe('read-only');
    expect(began({}, 'yolo')).toBe('agent-full-access');
    expect(began({ env: { INITIAL_AGENT_MODE: 'permission-profile:mine' } }, 'suggest')).toBe(
      'permission-profile:mine',
    );
  });
});

test('[feature: check] versions are compared by their numbers', () => {
  expect(isOlder('0.9.2', '0.16.0')).toBe(true);
  expect(isOlder('codex 0.16.0-alpha', '0.16.0')).toBe(false);
  expect(isOlder('2.0', '1.0.0')).toBe(false);
});

test('[feature: catalogue] the presets, then what the registry knows beside them, each with its command', async () => {
  const entries = (await definition.catalogue?.()) ?? [];
  const ids = entries.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(
    expect.arrayContaining(['gemini', 'copilot', 'auggie', 'factory-droid', 'mistral-vibe']),
  );
  expect(ids).not.toContain('qwen-code');
  expect(entries.find(({ id }) => id === 'auggie')?.command).toEqual([
    'npx',
    '-y',
    '@augmentcode/auggie',
    '--acp',
  ]);
  expect(entries.find(({ id }) => id === 'factory-droid')?.command?.[0]).toBe('droid');
  expect(entries.every(({ name, description, command }) => name && description && command?.length)).toBe(
    true,
  );
});
