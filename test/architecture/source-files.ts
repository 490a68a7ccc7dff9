import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../src/', import.meta.url));

export interface SourceFile {
  /** Relative to `src`, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Relative to `src` for our own files; undefined for packages and built-in modules. */
  readonly target: string | undefined;
  /** Leaves nothing at run time. */
  readonly typeOnly: boolean;
  /** Loaded when needed, by `import()`. */
  readonly lazy: boolean;
}

const statement = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?['"]([^'"\n]+)['"]/g;
const dynamic = /\bimport\(\s*['"]([^'"\n]+)['"]/g;

/** Every TypeScript file of the product with what it imports. */
export function sourceFiles(): SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => {
      const path = name.split(sep).join('/');
      const text = readFileSync(join(root, name), 'utf8');
      return { path, text, imports: importsOf(path, text) };
    });
}

export function importsOf(path: string, text: string): Import[] {
  const fixed = [...text.matchAll(statement)].map((match) => ({
    specifier: match[2] ?? '',
    typeOnly: match[1] !== undefined,
    lazy: false,
  }));
  const late = [...text.matchAll(dynamic)].map((match) => ({
    specifier: match[1] ?? '',
    typeOnly: false,
    lazy: true,
  }));
  return [...fixed, ...late].map((one) => ({ ...one, target: targetOf(path, one.specifier) }));
}

function targetOf(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const absolute = join(root, dirname(from), specifier);
  return relative(root, absolute).split(sep).join('/');
}

/** The files of one cycle in order, or undefined. */
export function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const state = new Map<string, 'open' | 'done'>();
  const visit = (at: string, path: readonly string[]): string[] | undefined => {
    if (state.get(at) === 'done') return undefined;
    if (state.get(at) === 'open') return [...path.slice(path.indexOf(at)), at];
    state.set(at, 'open');
    for (const next of edges.get(at) ?? []) {
      const found = visit(next, [...path, at]);
      if (found) return found;
    }
    state.set(at, 'done');
    return undefined;
  };
  for (const start of edges.keys()) {
    const found = visit(start, []);
    if (found) return found;
  }
  return undefined;
}
