import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { OPTIONS } from '../../../src/platforms/feishu/options.ts';

const root = new URL('../../../', import.meta.url);
const docs = await readFile(new URL('docs/platforms/feishu.md', root), 'utf8');

const rowsUnder = (heading: string): string[][] =>
  (docs.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

describe('the page about Feishu', () => {
  test('lists what the tests say they prove', () => {
    const script = fileURLToPath(new URL('scripts/platform-checklist.mjs', root));
    const { status, stderr } = spawnSync(process.execPath, [script, '--check', 'feishu'], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test('lists every option', () => {
    const known = [...OPTIONS, 'allow_from'];
    const listed = rowsUnder('Options').flatMap((row) =>
      [...(row[0] ?? '').matchAll(/`(\w+)`/g)].map((match) => match[1]),
    );
    expect([...listed].sort()).toEqual([...known].sort());
  });
});
