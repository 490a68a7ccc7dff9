import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/load.ts';
import { redactions } from '../../src/config/secrets.ts';

const fixture = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)), 'utf8');

describe('secret values', () => {
  it('are found in every section, proxy addresses and headers included', () => {
    const env = {
      HOME: '/h',
      TELEGRAM_TOKEN: '123456:telegram',
      OPENAI_API_KEY: 'sk-openai',
      FEISHU_SECRET: 'feishu-secret',
      BRIDGE_TOKEN: 'bridge-token',
    };
    const found = [
      ...readConfig(fixture('personal.toml'), 'p', env).redactions,
      ...readConfig(fixture('team.toml'), 't', env).redactions,
    ];
    for (const secret of [
      '123456:telegram',
      'sk-openai',
      'feishu-secret',
      'bridge-token',
      'sk-ant-fixture-key',
      'sk-relay-fixture',
      'proxypass123',
      'pgpass99',
      'Bearer shared-header-value',
      'shared-header-value',
      'xoxb-fixture',
      'xapp-fixture',
      'discord-fixture-token',
      'sk-qwen-fixture',
      'sk-minimax-fixture',
    ]) {
      expect(found).toContain(secret);
    }
    for (const plain of [
      'frontend',
      'cli_fixture',
      'https://api.example.com',
      'SHARED_KEY',
      '/h/minimax.json',
      'member',
    ]) {
      expect(found).not.toContain(plain);
    }
  });

  it('come longest first, so that none is cut by another', () => {
    expect(redactions({ a: { token: 'abcdef' }, b: { token: 'abcdefgh' } })).toEqual(['abcdefgh', 'abcdef']);
  });

  it('leave out values too short to be told from words', () => {
    expect(redactions({ token: 'none' })).toEqual([]);
  });

  it('are known even of a part that is broken', () => {
    const text =
      '[[projects]]\nagent = { type = "demo" }\n[[projects.platforms]]\noptions = { bot_token = "broken-token" }\n';
    const loaded = readConfig(text, 'c', {});
    expect(loaded.config).toBeUndefined();
    expect(loaded.redactions).toEqual(['broken-token']);
  });
});

describe('variables an agent must not inherit', () => {
  it('are those of platforms and servers, and not those of agents, providers and paths', () => {
    const text = `data_dir = "\${HOME}/d"
[management]
token = "\${MGMT}"
[speech.openai]
api_key = "\${OPENAI_API_KEY}"
[[projects]]
name = "a"
[projects.agent]
type = "demo"
[projects.agent.options]
work_dir = "\${HOME}/w"
env = { K = "\${AGENT_VAR}" }
[[projects.agent.providers]]
name = "p"
api_key = "\${ANTHROPIC_API_KEY}"
[[projects.platforms]]
type = "telegram"
options = { token = "\${TG}", nested = { deep = ["\${DEEP}"] }, state_dir = "\${HOME}/s" }
`;
    const env = { HOME: '/h' };
    expect(readConfig(text, 'c', env).usedSecrets).toEqual(['DEEP', 'MGMT', 'TG']);
  });
});
