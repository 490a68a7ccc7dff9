import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../src/config/', import.meta.url));

/** Every package and file a module loads at start, type-only imports left out. */
function loads(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  for (const match of text.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)';/gms)) {
    const target = match[1] ?? '';
    if (/^(?:import|export) \{(?:\s*type [^,}]+,?)+\s*\}/.test(match[0])) continue;
    if (target.startsWith('.')) loads(join(dirname(file), target), seen);
    else seen.add(target);
  }
  return seen;
}

describe('client commands', () => {
  it.each([
    'data-dir.ts',
    'edit.ts',
    'config-file.ts',
    'format.ts',
    'example.ts',
    'starter.ts',
    'problem.ts',
  ])('%s does not load the schema library', (name) => {
    expect([...loads(join(source, name))]).not.toContain('zod');
  });

  it('load it only to check', () => {
    expect([...loads(join(source, 'load.ts'))]).toContain('zod');
  });
});
