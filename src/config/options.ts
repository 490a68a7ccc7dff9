/** Checking the options of one platform or agent against its adapter's own schema. */
import type { z } from 'zod';
import { findingOf } from './findings.ts';
import { formatKey, parseKey } from './keypath.ts';
import type { Finding, ProblemScope } from './problem.ts';
import { unknownKeys } from './unknown-keys.ts';

export interface CheckedOptions<T> {
  /** Undefined when there are errors. */
  readonly value: T | undefined;
  /** Errors and unknown-key warnings; place them in the file with `LoadedConfig.place`. */
  readonly findings: readonly Finding[];
}

/** What is checked: the key of the options in the file, and what fails with them. */
export interface OptionsPlace {
  /** For example `projects[0].platforms[1].options`. */
  readonly key: string;
  readonly scope: ProblemScope;
  /** Keys others read from the same table, such as `allow_from`; never reported as unknown. */
  readonly alsoKnown?: readonly string[];
}

/** Validates raw options; reports every error and every unknown key. Never throws on bad data. */
export function validateOptions<S extends z.ZodType>(
  schema: S,
  rawOptions: unknown,
  place: OptionsPlace,
): CheckedOptions<z.output<S>> {
  const at = parseKey(place.key);
  const also = new Set(place.alsoKnown ?? []);
  const findings: Finding[] = unknownKeys(schema, rawOptions)
    .filter((unknown) => !(unknown.path.length === 1 && also.has(String(unknown.path[0]))))
    .map((unknown) => unknownFinding([...at, ...unknown.path], unknown.suggestion, place.scope));
  const result = schema.safeParse(rawOptions);
  if (result.success) return { value: result.data, findings };
  for (const issue of result.error.issues) {
    if (issue.code !== 'unrecognized_keys') findings.push(findingOf(issue, rawOptions, at, place.scope));
  }
  if (!findings.some((finding) => finding.severity === 'error')) {
    const tolerant = schema.safeParse(withoutUnknown(rawOptions, result.error.issues));
    if (tolerant.success) return { value: tolerant.data, findings };
  }
  return { value: undefined, findings };
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

/** A strict schema refuses unknown keys; they are warnings here, so they are taken out and the rest is tried again. */
function withoutUnknown(raw: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy = structuredClone(raw);
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    let table: unknown = copy;
    for (const part of issue.path) table = (table as Record<PropertyKey, unknown> | undefined)?.[part];
    if (typeof table === 'object' && table !== null)
      for (const key of issue.keys) Reflect.deleteProperty(table, key);
  }
  return copy;
}
