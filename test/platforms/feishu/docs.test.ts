import { readdir, readFile } from 'node:fs/promises';
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
  test('names tests that exist', async () => {
    const names = await readdir(new URL('.', import.meta.url));
    const files = [...names.filter((name) => name.endsWith('.ts')), '../../conformance/platform.ts'];
    const sources = (
      await Promise.all(files.map((name) => readFile(new URL(name, import.meta.url), 'utf8')))
    ).join('\n');
    const listed = rowsUnder('Checklist').map((row) => row[2] ?? '');
    expect(listed.length).toBeGreaterThan(30);
    expect(listed.filter((name) => !sources.includes(name))).toEqual([]);
  });

  test('lists every option', () => {
    const known = [...OPTIONS, 'allow_from'];
    const listed = rowsUnder('Options').flatMap((row) =>
      [...(row[0] ?? '').matchAll(/`(\w+)`/g)].map((match) => match[1]),
    );
    expect([...listed].sort()).toEqual([...known].sort());
  });
});
