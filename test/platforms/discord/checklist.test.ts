import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('every test named in the checklist of the docs page exists', async () => {
  const page = await readFile(`${root}/docs/platforms/discord.md`, 'utf8');
  const rows = page.slice(page.indexOf('## Checklist')).match(/^\|.*\|$/gm) ?? [];
  const named = rows
    .slice(2)
    .map((row) => row.split('|').at(-2)?.trim() ?? '')
    .filter((name) => name !== '–');
  expect(named.length).toBeGreaterThan(40);
  const folder = `${root}/test/platforms/discord`;
  const files = (await readdir(folder))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `${folder}/${file}`);
  const sources = await Promise.all(
    [...files, `${root}/test/conformance/platform.ts`].map((file) => readFile(file, 'utf8')),
  );
  const all = sources.join('\n');
  expect(named.filter((name) => !all.includes(`'${name}'`))).toEqual([]);
});
