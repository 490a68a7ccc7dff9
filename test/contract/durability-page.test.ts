import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs', 'durability.md'), 'utf8');
const between = (from: string, to: string) => page.split(from)[1]?.split(to)[0] ?? '';
const rows = between('promises:start -->', '<' + '!-- promises:end')
  .split('\n')
  .filter(Boolean)
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()));

/** Test names of a file, as they are written. */
function names(file: string): string[] {
  const text = readFileSync(join(root, 'test', `${file}.test.ts`), 'utf8');
  return [...text.matchAll(/\bit(?:\.each\([^)]*\))?\(\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

describe('the page on durability', () => {
  it('makes promises', () => expect(rows.length).toBeGreaterThan(20));

  it.each(rows.map((cells) => [cells[1], cells[3]]))('names a test that exists: %s', (_what, test = '') => {
    const [file = '', ...name] = test.split(': ');
    expect(names(file).some((one) => one.includes(name.join(': ')))).toBe(true);
  });

  it('leaves out no test of the contract', () => {
    const named = rows.map((cells) => cells[3] ?? '');
    const files = readdirSync(join(root, 'test', 'contract'))
      .filter((file) => file.endsWith('.test.ts') && file !== 'durability-page.test.ts')
      .map((file) => `contract/${file.replace('.test.ts', '')}`);
    const missing = files.flatMap((file) =>
      names(file).filter((name) => {
        const wanted = named
          .filter((test) => test.startsWith(`${file}: `))
          .map((test) => test.slice(file.length + 2));
        return !wanted.some((test) => name.includes(test));
      }),
    );
    expect(missing).toEqual([]);
  });
});
