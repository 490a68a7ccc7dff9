import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { editToml } from '../../src/config/edit-text.ts';
import { formatConfig } from '../../src/config/format.ts';
import { type LoadedConfig, readConfig } from '../../src/config/load.ts';
import { parseToml, plain, sameToml, TomlSyntaxError, type TomlTable } from '../../src/config/toml.ts';
import { AppError } from '../../src/core/errors.ts';

const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
const SEEDS = [read('fixtures/personal.toml'), read('fixtures/team.toml'), read('../../config.example.toml')];
const TOKENS = [
  '"',
  "'",
  '"""',
  '[',
  ']',
  '[[',
  ']]',
  '{',
  '}',
  '=',
  '.',
  ',',
  '#',
  '\n',
  '\r',
  '\0',
  '\uFEFF',
  '\ud800',
  '${',
  `\${X}`,
  '~/',
  '-1',
  '1e999',
  '99999999999999999999',
  'true',
  'nan',
  '1979-05-27',
  '[projects]',
  '[[projects]]',
  '[[projects.platforms]]',
  'projects = 1',
  'at = "x"',
  '__proto__',
  'constructor = 1',
  '[projects.agent]',
  'type = "telegram"',
  '😀',
  '[[[[[[[[',
];

/** A small generator with a seed, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

function mutate(text: string, next: () => number): string {
  const pick = (limit: number): number => Math.floor(next() * limit);
  const lines = text.split('\n');
  for (let round = 1 + pick(4); round > 0; round--) {
    const at = pick(lines.length);
    const line = lines[at] ?? '';
    const inside = pick(line.length + 1);
    const token = TOKENS[pick(TOKENS.length)] ?? '';
    switch (pick(7)) {
      case 0:
        lines.splice(at, 1);
        break;
      case 1:
        lines.splice(at, 0, lines[pick(lines.length)] ?? '');
        break;
      case 2:
        lines[at] = line.slice(0, inside) + token + line.slice(inside);
        break;
      case 3:
        lines[at] = line.replace(/=.*/, `= ${token}`);
        break;
      case 4:
        lines[at] = line.slice(0, inside);
        break;
      case 5:
        lines[at] = line.replace(/^#/, '');
        break;
      default:
        lines.splice(at, pick(8), token);
    }
  }
  return lines.join('\n');
}

/** Sets, adds and removes something somewhere, at random. */
function disturb(draft: TomlTable, next: () => number): void {
  const tables: TomlTable[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
      tables.push(value as TomlTable);
      Object.values(value).forEach(walk);
    }
  };
  walk(draft);
  const table = tables[Math.floor(next() * tables.length)] ?? draft;
  const keys = Object.keys(table);
  const key = keys[Math.floor(next() * keys.length)] ?? 'fresh';
  const choice = Math.floor(next() * 5);
  const value = table[key];
  if (choice === 0) delete table[key];
  else if (choice === 1) table[`new_${keys.length}`] = 'v';
  else if (choice === 2) table[`sub_${keys.length}`] = plain({ a: 1, b: { c: [1] } });
  else if (choice === 3 && Array.isArray(value)) value.splice(Math.floor(next() * value.length), 1);
  else
    table[key] = Array.isArray(value)
      ? [...value, ...value.slice(0, 1).map((item) => plain(item))]
      : 'changed';
}

const ROUNDS = 700;

describe('config files with random damage', () => {
  it.each([1, 2, 3])('load with problems, never with another error (seed %i)', (seed) => {
    const next = random(seed);
    for (let round = 0; round < ROUNDS; round++) {
      const text = mutate(SEEDS[round % SEEDS.length] ?? '', next);
      let loaded: LoadedConfig | undefined;
      try {
        loaded = readConfig(text, 'fuzz.toml', { HOME: '/h' });
      } catch (error) {
        throw new Error(`seed ${seed} round ${round}:\n${text}`, { cause: error });
      }
      if (!loaded.config) expect(loaded.problems.some((problem) => problem.severity === 'error')).toBe(true);
      for (const problem of loaded.problems) {
        expect(problem.line).toBeGreaterThan(0);
        expect(problem.line).toBeLessThanOrEqual(text.split('\n').length + 1);
      }
    }
  });

  it('are formatted without a change of meaning, or refused', () => {
    const next = random(4);
    let formatted = 0;
    for (let round = 0; round < 300; round++) {
      const text = mutate(SEEDS[round % 2] ?? '', next);
      try {
        const after = formatConfig(text);
        expect(formatConfig(after)).toBe(after);
        formatted++;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
    }
    expect(formatted).toBeGreaterThan(30);
  });

  it('are edited to exactly what was asked with every foreign comment kept, or refused', () => {
    const next = random(5);
    let edited = 0;
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const text = round % 3 === 0 ? mutate(SEEDS[round % 2] ?? '', next) : (SEEDS[round % 2] ?? '');
      let wanted: TomlTable | undefined;
      try {
        const after = editToml(text, (draft) => {
          disturb(draft, next);
          wanted = draft;
        });
        expect(sameToml(slim(parseToml(after)), slim(plain(wanted)))).toBe(true);
        edited++;
      } catch (error) {
        if (!(error instanceof AppError)) throw new Error(`round ${round}:\n${text}`, { cause: error });
        if (error.code === 'config_edit_refused') refused++;
      }
    }
    expect(edited).toBeGreaterThan(200);
    expect(refused).toBe(0);
  });

  it('nested without end is refused', () => {
    for (const text of [
      `a = ${'['.repeat(50_000)}`,
      `a = ${'['.repeat(500)}${']'.repeat(500)}`,
      `[${'a.'.repeat(3000)}b]`,
    ]) {
      expect(() => parseToml(text)).toThrow(TomlSyntaxError);
      expect(readConfig(text, 'x', {}).config).toBeUndefined();
    }
  });
});

/** An emptied list of sections or table may be written as nothing at all. */
function slim(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(slim);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [key, slim(item)]);
  return plain(Object.fromEntries(entries.filter(([, item]) => !isEmpty(item))));
}

function isEmpty(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !(value instanceof Date) && Object.keys(value).length === 0
  );
}
