import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exampleConfig } from '../../src/config/example.ts';
import { readConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { configSchema } from '../../src/config/schema/root.ts';
import { parseToml } from '../../src/config/toml.ts';
import { schemaKeys } from './schema-keys.ts';

const file = fileURLToPath(new URL('../../config.example.toml', import.meta.url));
const generated = fileURLToPath(new URL('../../src/config/example-text.ts', import.meta.url));
const text = readFileSync(file, 'utf8');

// After changing config.example.toml: UPDATE_EXAMPLE=1 npx vitest run test/config/example
if (process.env.UPDATE_EXAMPLE === '1') {
  const escaped = text.replace(/[\\`]|\$\{/g, (part) => `\\${part}`);
  writeFileSync(
    generated,
    `/** Generated from config.example.toml; a test keeps both equal. */\nexport const EXAMPLE_TEXT = \`${escaped}\`;\n`,
  );
}

/** The example with every commented setting switched on. */
const everything = text.replace(/^#(?=[a-z[])/gm, '');

const problemsOf = (toml: string): string[] =>
  readConfig(
    toml,
    'x.toml',
    { HOME: '/h' },
    { moreTypes: { rules: ['run_as_user', 'multi-workspace'] } },
  ).problems.map(formatProblem);

describe('config.example.toml', () => {
  it.skipIf(process.env.UPDATE_EXAMPLE === '1')('is the text the program prints', () => {
    expect(exampleConfig()).toBe(text);
  });

  it('loads without an error or a warning', () => {
    expect(problemsOf(text)).toEqual([]);
  });

  it('loads without an error or a warning with every setting switched on', () => {
    const harmless = everything
      .replace(/^exec = ""$/m, '')
      .replace(/^command = "echo.*$/m, 'command = "true"');
    expect(problemsOf(harmless)).toEqual([]);
  });

  it('means the defaults as it stands', () => {
    const bare = readConfig(
      '[[projects]]\nname="my-project"\n[projects.agent]\ntype="claudecode"\noptions={work_dir="."}',
      'x',
      {
        HOME: '/h',
      },
    );
    expect(readConfig(text, 'x', { HOME: '/h' }).config).toEqual(bare.config);
  });

  it('names every key of the schema', () => {
    const shown = new Set(keysOf(parseToml(everything)));
    const missing = schemaKeys(configSchema, '').filter((key) => !shown.has(key));
    expect(missing).toEqual([]);
  });
});

/** Paths without list indexes and map keys. */
function keysOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return [at, ...value.flatMap((item) => keysOf(item, at))];
  if (typeof value !== 'object' || value === null || value instanceof Date) return [at];
  return [
    at,
    ...Object.entries(value).flatMap(([key, item]) => keysOf(item, at === '' ? key : `${at}.${key}`)),
  ];
}
