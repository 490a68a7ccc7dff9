import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliSpec, folderFinding, isOlder, programFinding } from '../../src/kit/cli-check.ts';
import { cliFlags, firstKnown, flagsOf } from '../../src/kit/cli-flags.ts';
import { findProgram } from '../../src/kit/find-program.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cc-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function program(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const cli = (command: string, more: Partial<CliSpec> = {}): CliSpec => ({
  label: 'Thing',
  command,
  args: [],
  env: { PATH: process.env.PATH },
  oldest: [1, 2, 0],
  install: 'Install it with `npm install -g thing`',
  ...more,
});
const signal = () => AbortSignal.timeout(20_000);

describe('the look at a program', () => {
  it.each([
    ['2.1.196 (Claude Code)', true],
    ['codex-cli 2.1.197', false],
    ['2.0.999', true],
    ['3.0.0', false],
    ['something else', false],
  ])('judges the version %s', (told, older) => {
    expect(isOlder(told, [2, 1, 197])).toBe(older);
  });

  it('names a version, an old one, and what to do about it', async () => {
    expect(await programFinding(cli(await program('new', 'echo 1.2.3')), signal())).toEqual({
      level: 'ok',
      what: 'Thing 1.2.3',
    });
    const old = cli(await program('old', 'echo thing-cli 1.1.9'), { update: 'Run `thing update`' });
    expect(await programFinding(old, signal())).toEqual({
      level: 'warning',
      what: 'thing-cli 1.1.9 is old; 1.2.0 or newer is needed',
      fix: 'Run `thing update`.',
    });
  });

  it('names one that is missing, and one that fails with what it said', async () => {
    expect(await programFinding(cli('/nowhere/thing'), signal())).toEqual({
      level: 'error',
      what: '"/nowhere/thing" was not found',
      fix: 'Install it with `npm install -g thing`, or set `cmd`.',
    });
    const broken = await program('broken', 'echo first >&2; echo no library >&2; exit 3');
    expect(await programFinding(cli(broken), signal())).toMatchObject({
      level: 'error',
      what: `"${broken} --version" failed: no library`,
    });
  });

  it('tells whether the working directory is there', async () => {
    expect(await folderFinding(folder)).toMatchObject({ level: 'ok' });
    expect(await folderFinding(join(folder, 'gone'))).toMatchObject({ level: 'error' });
  });
});

describe('the flags of a program', () => {
  it('are all that its help names', () => {
    const help =
      '  -m, --model <name>   The model, e.g. a-b-c or /x/--no\n      --skip-trust  \u001b[1m--json\u001b[0m\n [--work-dir=D]';
    expect([...flagsOf(help)]).toEqual(['-m', '--model', '--skip-trust', '--json', '--work-dir']);
  });

  it('are asked for once per binary, again after an update', async () => {
    const count = join(folder, 'count');
    const script = (flag: string) => `echo x >> ${count}; echo "usage: [-h] [${flag}]"`;
    const path = await program('flags', script('--old'));
    const asked = async () => (await import('node:fs/promises')).readFile(count, 'utf8');
    expect([...((await cliFlags(cli(path), ['--help'], signal())) ?? [])]).toEqual(['-h', '--old']);
    expect(firstKnown(await cliFlags(cli(path), ['--help'], signal()), '--new', '--old')).toBe('--old');
    expect(await asked()).toBe('x\n');
    await program('flags', script('--newer'));
    const flags = await cliFlags(cli(path), ['--help'], signal());
    expect(firstKnown(flags, '--newer', '--old')).toBe('--newer');
    expect(firstKnown(flags, '--gone')).toBeUndefined();
    expect(await asked()).toBe('x\nx\n');
  });

  it('are unknown without help: then the tested ones count', async () => {
    const silent = cli(await program('silent', 'exit 1'));
    expect(await cliFlags(silent, ['--help'], signal())).toBeUndefined();
    expect(await cliFlags(cli('/nowhere/thing'), ['--help'], signal())).toBeUndefined();
    expect(firstKnown(undefined, '--tested', '--old')).toBe('--tested');
  });
});

describe('finding a program', () => {
  it('takes a path as it is and a name from PATH', async () => {
    const path = await program('found', 'exit 0');
    expect(await findProgram('found', '/', { PATH: `/nowhere:${folder}` })).toBe(path);
    expect(await findProgram(path, '/', {})).toBe(path);
    expect(await findProgram('./found', folder, {})).toBe(path);
    expect(await findProgram('found', '/', { PATH: '/nowhere' })).toBeUndefined();
  });
});
