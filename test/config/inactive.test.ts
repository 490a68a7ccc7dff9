import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { activeTypes } from '../../src/app/active-types.ts';
import { FEATURES, inactiveFeatures, PROJECT_FEATURES } from '../../src/config/inactive.ts';
import { readConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema/root.ts';
import { schemaKeys } from './schema-keys.ts';

const src = fileURLToPath(new URL('../../src', import.meta.url));
/** They name every key whether or not anybody reads it, or pass it on to who reads it under the same name. */
const noReaders = /^config\/(schema\/|example-text|inactive|advice|cross-checks|isolation|resolve|reload)/;

/** What the engine reads under another name, and what keeps a project from running at all. */
const elsewhere = ['queue.max_depth', 'projects.run_as_user'];

const readers = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts') && !noReaders.test(name))
  .map((name) => readFileSync(join(src, name), 'utf8'))
  .join('\n');

describe('what this version does not do', () => {
  it('is every key of the schema that nobody reads', () => {
    const features = new Set(activeTypes().features);
    const listed = [
      ...Object.keys(FEATURES),
      ...Object.keys(PROJECT_FEATURES).map((name) => `projects.${name}`),
    ].filter((key) => !features.has(key.replace('projects.', '')));
    const isListed = (key: string) => listed.some((one) => key === one || key.startsWith(`${one}.`));
    const unread = schemaKeys(configSchema, '').filter((key) => {
      const leaf = key.slice(key.lastIndexOf('.') + 1);
      if (elsewhere.includes(key)) return false;
      return !isListed(key) && !new RegExp(`\\b${leaf}\\b`).test(readers);
    });
    expect(unread).toEqual([]);
  });

  it.each([
    ['shell = "zsh"', '', 'shell'],
    ['shell_profile = "x"', '', 'shell_profile'],
    ['provider_presets_url = "https://x.example"', '', 'provider_presets_url'],
    ['workspace_idle_timeout_mins = 5', '', 'workspace_idle_timeout_mins'],
    ['', 'shell = "zsh"', 'projects[0].shell'],
    ['', 'shell_profile = "x"', 'projects[0].shell_profile'],
    ['', 'workspace_idle_timeout_mins = 5', 'projects[0].workspace_idle_timeout_mins'],
    ['', 'reply_footer_tokens = true', 'projects[0].reply_footer_tokens'],
    ['[cron]\nsilent = true', '', '[cron]'],
  ])('is named when it is configured: %s%s', (top, own, line) => {
    const text = `${top}\n[[projects]]\nname = "a"\nagent = { type = "demo" }\n${own}\n`;
    const { config } = readConfig(text, 'c.toml', { HOME: '/h' });
    expect(config && inactiveFeatures(config, activeTypes())).toEqual([line]);
  });
});
