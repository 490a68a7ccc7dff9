/** The names of the options that the adapters of agents and platforms read. */
import { formatKey, parseKey } from './keypath.ts';
import { nearest } from './nearest.ts';
import type { Finding, ProblemScope } from './problem.ts';

/** Read by the daemon from the same tables, whatever the adapter. */
const SHARED = {
  agent: ['provider'],
  platform: ['allow_from', 'agent', 'progress_style'],
} as const;

/** A warning for each option that nobody reads. `names` are those of the adapter. */
export function unknownOptions(
  kind: keyof typeof SHARED,
  { at, options }: { readonly at: string; readonly options: Readonly<Record<string, unknown>> },
  names: readonly string[],
  scope: ProblemScope,
): Finding[] {
  const known = [...names, ...SHARED[kind]];
  return Object.keys(options)
    .filter((key) => !known.includes(key))
    .map((key) => unknownFinding([...parseKey(at), 'options', key], nearest(key, known), scope));
}

/** The warning for a key nobody reads. */
export function unknownFinding(
  path: readonly (string | number)[],
  suggestion: string | undefined,
  scope: ProblemScope,
): Finding {
  const finding: Finding = {
    severity: 'warning',
    key: formatKey(path),
    message: 'is not a known key and is ignored',
    scope,
  };
  return suggestion === undefined ? finding : { ...finding, suggestion };
}
