import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { helpAtOnce } from '../../src/cli/help-at-once.ts';
import { main } from '../../src/cli/main.ts';
import { fakeIo } from './fake-io.ts';

const built = fileURLToPath(new URL('../../dist/cc-connect.js', import.meta.url));
const script = fileURLToPath(new URL('../../scripts/made-help.mjs', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cc-help-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** What commander prints: from source, nothing is made beforehand. */
async function fromCommander(argv: readonly string[], columns = 80): Promise<string> {
  const io = { ...fakeIo(folder), columns };
  expect(await main(argv, io), io.errors.join(' ')).toBe(0);
  return `${io.lines.join('\n')}\n`;
}

async function print(program: string, argv: readonly string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: folder };
  return (await promisify(execFile)(process.execPath, [program, ...argv], { env })).stdout;
}

describe('the help that the build makes', () => {
  it('is what commander prints, for every command and subcommand', async () => {
    const { helpTexts } = (await import(script)) as { helpTexts(): Promise<Record<string, string>> };
    const all = Object.keys(await helpTexts());
    expect(all).toEqual(expect.arrayContaining(['send', 'sessions show', 'config fmt', 'slack manifest']));
    for (const words of all) {
      const argv = [...words.split(' '), '--help'];
      expect(await print(built, argv), words).toBe(await fromCommander(argv));
    }
  });

  it('needs no file but the first of the program', async () => {
    const alone = join(folder, 'cc-connect.js');
    await copyFile(built, alone);
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    for (const argv of [['--help'], ['send', '--help'], ['feishu', 'link', '-h']])
      expect(await print(alone, argv)).toBe(await fromCommander(argv));
    await expect(print(alone, ['send', '--stdin', '--help'])).rejects.toThrow('ERR_MODULE_NOT_FOUND');
  });
});

describe('help at once', () => {
  const texts = { send: 'made before' };
  const io = (columns = 80) => ({ ...fakeIo(folder), columns });

  it('is for a command line that asks for nothing else', () => {
    expect(helpAtOnce(['send', '--help'], io(), texts)).toBe('made before');
    expect(helpAtOnce(['send', '-h'], io(), texts)).toBe('made before');
    for (const argv of [
      ['send'],
      ['send', '--help', '-m'],
      ['send', '-m', '-h'],
      ['--help'],
      ['toString', '-h'],
      [],
    ])
      expect(helpAtOnce(argv, io(), texts), argv.join(' ')).toBeUndefined();
  });

  it('leaves a terminal of another width to commander, which uses it', async () => {
    expect(helpAtOnce(['send', '--help'], io(120), texts)).toBeUndefined();
    const wide = await fromCommander(['send', '--help'], 120);
    expect(wide).toContain('(default: CC_DATA_DIR, then as configured)');
    expect(wide).not.toContain('[]');
    expect(await fromCommander(['send', '--help'], 50)).not.toBe(wide);
  });
});
