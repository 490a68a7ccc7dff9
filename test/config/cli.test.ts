import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFile } from '../../src/cli/config.ts';
import { dataDirOf } from '../../src/config/data-dir.ts';
import { inactiveFeatures } from '../../src/config/inactive.ts';
import { formatKey, parseKey } from '../../src/config/keypath.ts';
import { readConfig } from '../../src/config/load.ts';
import { editDistance, nearest } from '../../src/config/nearest.ts';
import { activeProvider, agentProviders } from '../../src/config/providers.ts';
import { checkConfig } from '../../src/config/report.ts';
import { starterConfig } from '../../src/config/starter.ts';
import { fakeIo } from '../cli/fake-io.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cc-config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('which config file', () => {
  it('is the flag, then ./config.toml, then the one in the home folder', async () => {
    const cwd = join(folder, 'work');
    const io = fakeIo(cwd, { HOME: join(folder, 'home') });
    const inHome = join(folder, 'home', '.cc-connect', 'config.toml');
    await mkdir(dirname(inHome), { recursive: true });
    await mkdir(cwd);
    await expect(configFile(undefined, io)).rejects.toMatchObject({ code: 'config_missing' });
    await writeFile(inHome, '');
    expect(await configFile(undefined, io)).toBe(inHome);
    await writeFile(join(cwd, 'config.toml'), '');
    expect(await configFile(undefined, io)).toBe(join(cwd, 'config.toml'));
    expect(await configFile('y.toml', io)).toBe(join(cwd, 'y.toml'));
  });
});

describe('config check', () => {
  it('lists errors, warnings, inactive features and differences, and exits 1 on errors only', async () => {
    const path = join(folder, 'c.toml');
    await writeFile(
      path,
      '[speech]\nenabled = true\n[[projects]]\nname = "a"\nagent = { type = "codex" }\nextra = 1\n[[projects.platforms]]\ntype = "telegram"\n[[projects.platforms]]\n',
    );
    const active = { agents: ['claudecode'], platforms: ['telegram'], features: [] };
    const report = await checkConfig(path, { HOME: '/h' }, { active });
    expect(report.exitCode).toBe(1);
    expect(report.lines).toEqual([
      `${path}:9:1: error: projects[0].platforms[1].type: is missing; expected text in quotes`,
      `${path}:6:1: warning: projects[0].extra: is not a known key and is ignored`,
      'not active in this version: [speech]',
      'not active in this version: projects[0].agent (codex)',
      expect.stringContaining('note: projects[0].platforms[0]: allow_from is not set'),
      expect.stringContaining('note: projects[0]: admin_from is not set'),
      expect.stringContaining('note: projects[0].agent: codex runs as app_server'),
      `${path}: 1 error, 1 warning`,
    ]);
  });

  it('exits 0 on the starter config, which needs no platform', async () => {
    const path = join(folder, 'c.toml');
    await writeFile(path, starterConfig({ agentType: 'demo', workDir: 'C:\\Users\\"x"', dataDir: '/d' }));
    const report = await checkConfig(path, { HOME: '/h' });
    expect(report.lines).toEqual([`${path}: 0 errors, 0 warnings`]);
    expect(report.exitCode).toBe(0);
  });

  it('includes the findings of adapters', async () => {
    const path = join(folder, 'c.toml');
    await writeFile(path, '[[projects]]\nname = "a"\nagent = { type = "demo" }\n');
    const more = (loaded: { place: (findings: never[]) => unknown }) => {
      expect(loaded.place([])).toEqual([]);
      return [
        { severity: 'error', file: path, line: 1, column: 1, key: 'k', message: 'm', scope: 'file' } as const,
      ];
    };
    expect((await checkConfig(path, {}, { more })).exitCode).toBe(1);
  });

  it('says so when there is no file', async () => {
    await expect(checkConfig(join(folder, 'none'), {})).rejects.toMatchObject({ code: 'config_missing' });
  });
});

describe('the state folder for clients', () => {
  it('follows the file, and is the default for a file that is missing or broken', () => {
    const env = { HOME: '/h', D: '/var/d' };
    expect(dataDirOf(`data_dir = "\${D}/x"`, env)).toBe('/var/d/x');
    expect(dataDirOf('data_dir = "~/x"', env)).toBe('/h/x');
    expect(dataDirOf('data_dir = ', env)).toBe('/h/.cc-connect');
    expect(dataDirOf('', env)).toBe('/h/.cc-connect');
  });
});

describe('features that are not there yet', () => {
  it('are named only when configured', () => {
    const { config } = readConfig(
      '[[aliases]]\nname="a"\ncommand="/b"\n[[projects]]\nname="a"\nagent={type="demo"}\nheartbeat={enabled=true,session_key="x"}\n',
      'c',
      { HOME: '/h' },
    );
    if (!config) throw new Error('fixture does not load');
    const demo = { agents: ['demo'], platforms: [] };
    expect(inactiveFeatures(config, { ...demo, features: [] })).toEqual([
      '[aliases]',
      'projects[0].heartbeat',
    ]);
    expect(inactiveFeatures(config, { ...demo, features: ['aliases', 'heartbeat'] })).toEqual([]);
  });
});

describe('providers of an agent', () => {
  it('are its own, then the shared ones it refers to, each as that agent type sees it', () => {
    const { config } = readConfig(
      `[[providers]]
name = "shared"
base_url = "https://one"
model = "m"
endpoints = { codex = "https://two" }
agent_models = { codex = "cm" }
agent_model_lists = { codex = [{ model = "cm" }] }
[[providers]]
name = "own"
api_key = "shared-key"
[[providers]]
name = "other"
agent_types = ["claudecode"]
[[projects]]
name = "a"
[projects.agent]
type = "codex"
provider_refs = ["shared", "own", "other"]
options = { provider = "shared" }
[[projects.agent.providers]]
name = "own"
api_key = "own-key"
`,
      'c',
      { HOME: '/h' },
    );
    const agent = config?.projects[0]?.agent;
    if (!config || !agent) throw new Error('fixture does not load');
    expect(agentProviders(config, agent).map((provider) => [provider.name, provider.api_key])).toEqual([
      ['own', 'own-key'],
      ['shared', ''],
    ]);
    expect(activeProvider(config, agent)).toMatchObject({
      name: 'shared',
      base_url: 'https://two',
      model: 'cm',
      models: [{ model: 'cm', alias: '' }],
    });
  });
});

describe('spelling suggestions', () => {
  it('offer a near word and nothing far-fetched', () => {
    const words = ['display', 'language', 'idle_timeout_mins', 'thinking_max_len'];
    expect(nearest('dispaly', words)).toBe('display');
    expect(nearest('Langage', words)).toBe('language');
    expect(nearest('thinking_max', words)).toBe('thinking_max_len');
    expect(nearest('zebra', words)).toBeUndefined();
    expect(nearest('x', words)).toBeUndefined();
  });

  it('count insertions, deletions, replacements and swaps', () => {
    expect(editDistance('abc', 'abc')).toBe(0);
    expect(editDistance('ab', 'ba')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });
});

describe('key paths', () => {
  it('read back as they were written', () => {
    const path = ['projects', 0, 'platforms', 12, 'options', 'a b', 'q"x', '', 'ключ'];
    expect(parseKey(formatKey(path))).toEqual(path);
    expect(formatKey(['projects', 0, 'name'])).toBe('projects[0].name');
    expect(() => parseKey('a b')).toThrow(SyntaxError);
  });
});
