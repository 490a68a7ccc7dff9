import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConfigFile, formatConfigFile } from '../../src/config/config-file.ts';
import {
  addAllowFrom,
  addPlatform,
  addProject,
  editConfig,
  removePlatform,
  removeProject,
  setKey,
  setPlatformOptions,
  setProjectKey,
} from '../../src/config/edit.ts';
import { withEditLock } from '../../src/config/edit-lock.ts';
import { starterConfig } from '../../src/config/starter.ts';
import { parseToml, plain } from '../../src/config/toml.ts';

let folder: string;
let path: string;
const START = starterConfig({ agentType: 'demo', workDir: '/w' });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cc-config-'));
  path = join(folder, 'config.toml');
  await writeFile(path, START, { mode: 0o640 });
  await chmod(path, 0o640);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = (): Promise<string> => readFile(path, 'utf8');

describe('changing a config file', () => {
  it('keeps the mode, leaves the old content as .bak and nothing else behind', async () => {
    await writeFile(`${path}.bak`, 'older', { mode: 0o644 });
    expect(await setKey(path, 'language', 'en')).toBe(true);
    expect((await stat(`${path}.bak`)).mode & 0o777).toBe(0o640);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readFile(`${path}.bak`, 'utf8')).toBe(START);
    expect((await readdir(folder)).sort()).toEqual(['config.toml', 'config.toml.bak']);
    expect(await text()).toBe(START.replace('language = ""', 'language = "en"'));
  });

  it('writes nothing when nothing changes', async () => {
    expect(await setKey(path, 'language', '')).toBe(false);
    expect(await readdir(folder)).toEqual(['config.toml']);
  });

  it('leaves the file as it was when the change fails', async () => {
    await expect(
      editConfig(path, () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await expect(setKey(path, 'projects[7].name', 'x')).rejects.toMatchObject({ code: 'config_no_such_key' });
    expect(await text()).toBe(START);
    expect(await readdir(folder)).toEqual(['config.toml']);
  });

  it('loses none of many changes made at once', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `p${index}`);
    await Promise.all(names.map((name) => addProject(path, { name, agent: { type: 'demo' } })));
    const projects = parseToml(await text()).projects as { name: string }[];
    expect(projects.map((project) => project.name).sort()).toEqual(['my-project', ...names].sort());
  });

  it('takes over a lock left by a process that died', async () => {
    await writeFile(`${path}.lock`, '');
    const past = new Date(Date.now() - 60_000);
    await utimes(`${path}.lock`, past, past);
    expect(await setKey(path, 'language', 'ja')).toBe(true);
  });

  it('follows a symbolic link and keeps it', async () => {
    const link = join(folder, 'link.toml');
    await symlink(path, link);
    await setKey(link, 'language', 'es');
    expect(await text()).toContain('language = "es"');
    expect(
      (await readdir(folder, { withFileTypes: true }))
        .find((entry) => entry.name === 'link.toml')
        ?.isSymbolicLink(),
    ).toBe(true);
  });

  it('says so when the file system refuses', async () => {
    const refuse = (): never => {
      throw Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
    };
    await expect(withEditLock(path, async () => refuse())).rejects.toMatchObject({
      code: 'config_unwritable',
      kind: 'unavailable',
    });
    expect(await setKey(path, 'language', 'en')).toBe(true);
  });

  it('says so when there is no file', async () => {
    await expect(setKey(join(folder, 'none.toml'), 'language', 'en')).rejects.toMatchObject({
      code: 'config_missing',
    });
  });

  it('adds, sets and removes projects and platforms by name', async () => {
    await addPlatform(path, 'my-project', { type: 'telegram', options: { token: `\${T}` } });
    await addPlatform(path, 'my-project', { type: 'line' });
    await setPlatformOptions(path, 'my-project', 'line', { channel_token: 'x', port: 1 });
    await setPlatformOptions(path, 'my-project', 1, { port: undefined });
    await setProjectKey(path, 'my-project', 'agent.options.model', 'opus');
    await addProject(path, {
      name: 'b',
      agent: { type: 'demo' },
      platforms: [{ type: 'line', options: {} }],
    });
    expect(parseToml(await text()).projects).toEqual(
      plain([
        {
          name: 'my-project',
          agent: { type: 'demo', options: { work_dir: '/w', model: 'opus' } },
          platforms: [
            { type: 'telegram', options: { token: `\${T}` } },
            { type: 'line', options: { channel_token: 'x' } },
          ],
        },
        { name: 'b', agent: { type: 'demo' }, platforms: [{ type: 'line', options: {} }] },
      ]),
    );
    await removePlatform(path, 'my-project', 'telegram');
    await removePlatform(path, 'my-project', 'line');
    await removeProject(path, 'b');
    expect(parseToml(await text()).projects).toEqual(
      plain([
        {
          name: 'my-project',
          agent: { type: 'demo', options: { work_dir: '/w', model: 'opus' } },
        },
      ]),
    );
    for (const line of START.split('\n').filter((one) => one.startsWith('#')))
      expect(await text()).toContain(line);
    await expect(addProject(path, { name: 'my-project', agent: { type: 'demo' } })).rejects.toMatchObject({
      code: 'project_exists',
    });
    await expect(removePlatform(path, 'my-project', 'line')).rejects.toMatchObject({
      code: 'platform_missing',
    });
    await expect(removeProject(path, 'zz')).rejects.toMatchObject({ code: 'project_missing' });
  });

  it('adds people to allow_from, as text or list, without doubling them', async () => {
    const allowed = async (): Promise<unknown> => {
      const projects = parseToml(await text()).projects as {
        platforms: { options: { allow_from: unknown } }[];
      }[];
      return projects[0]?.platforms[0]?.options.allow_from;
    };
    await addPlatform(path, 'my-project', { type: 'telegram' });
    await addAllowFrom(path, 'my-project', 'telegram', '1');
    await addAllowFrom(path, 'my-project', 0, '2');
    expect(await addAllowFrom(path, 'my-project', 0, '1')).toBe(false);
    expect(await allowed()).toBe('1,2');
    await setPlatformOptions(path, 'my-project', 0, { allow_from: ['1'] });
    await addAllowFrom(path, 'my-project', 0, '3');
    expect(await allowed()).toEqual(['1', '3']);
    await setPlatformOptions(path, 'my-project', 0, { allow_from: '*' });
    expect(await addAllowFrom(path, 'my-project', 0, '4')).toBe(false);
  });

  it('is created for its owner only, and never over an existing one', async () => {
    const fresh = join(folder, 'fresh.toml');
    await createConfigFile(fresh, START);
    expect((await stat(fresh)).mode & 0o777).toBe(0o600);
    await expect(createConfigFile(fresh, '')).rejects.toMatchObject({ code: 'config_exists' });
    expect(await readFile(fresh, 'utf8')).toBe(START);
    await createConfigFile(join(folder, 'new', 'folder', 'c.toml'), START);
    await expect(createConfigFile(join(fresh, 'c.toml'), START)).rejects.toMatchObject({
      code: 'config_unwritable',
    });
  });

  it('formats in place', async () => {
    await writeFile(path, `${START}\n\n\n[display]\n`);
    expect(await formatConfigFile(path)).toBe(true);
    expect(await text()).toBe(START);
    expect(await formatConfigFile(path)).toBe(false);
  });
});
