/** Turns schema errors into findings people can act on. No finding ever quotes a value that may be secret. */
import type { z } from 'zod';
import { formatKey, type KeyPath } from './keypath.ts';
import { nearest } from './nearest.ts';
import type { Finding, ProblemScope } from './problem.ts';
import { isSecretKey } from './secrets.ts';
import { isTable } from './toml.ts';

type Issue = z.core.$ZodIssue;

/** How one issue reads; `root` is the data that was checked, `at` the path the issue's own path is relative to. */
export function findingOf(issue: Issue, root: unknown, at: KeyPath, scope: ProblemScope): Finding {
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  const value = valueAt(root, path);
  const key = formatKey([...at, ...path]);
  const said = describe(issue, value);
  const word = typeof value === 'string' && !isSecretKey(path) ? value : undefined;
  const suggestion =
    issue.code === 'invalid_value' && word !== undefined
      ? nearest(word, issue.values.map(String))
      : undefined;
  return { severity: 'error', key, scope, ...said, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** The value at `path`, or undefined. */
export function valueAt(root: unknown, path: KeyPath): unknown {
  let value: unknown = root;
  for (const part of path) {
    if (Array.isArray(value) && typeof part === 'number') value = value[part];
    else if (isTable(value) && typeof part === 'string' && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return value;
}

function describe(issue: Issue, value: unknown): { message: string; expected?: string } {
  if (value === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value')) {
    return { message: 'is missing', expected: expectedOf(issue) };
  }
  if (value === '' && issue.code === 'too_small') return { message: 'is empty', expected: 'some text' };
  switch (issue.code) {
    case 'invalid_type': {
      const bare = typeof value === 'string' && ['number', 'int', 'boolean'].includes(issue.expected);
      const expected = bare ? `${expectedOf(issue)} without quotes` : expectedOf(issue);
      return { message: `is ${kindOfValue(value)}`, expected };
    }
    case 'invalid_value':
      return { message: 'is not a valid value', expected: expectedOf(issue) };
    case 'too_small':
    case 'too_big':
      return {
        message: issue.code === 'too_small' ? 'is too small' : 'is too large',
        expected: limitOf(issue),
      };
    case 'invalid_union':
      return { message: `is ${kindOfValue(value)}, which is not one of the accepted forms` };
    case 'invalid_format':
      return { message: 'does not have the right form', expected: `a valid ${issue.format}` };
    default:
      return { message: issue.message };
  }
}

function expectedOf(issue: Issue): string {
  if (issue.code === 'invalid_value') {
    const words = issue.values.map((word) => `"${String(word)}"`);
    return words.length === 1 ? (words[0] ?? '') : `one of ${words.join(', ')}`;
  }
  if (issue.code !== 'invalid_type') return 'another value';
  const names: Record<string, string> = {
    string: 'text in quotes',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list, like ["a", "b"]',
    object: 'a table',
    record: 'a table',
  };
  return names[issue.expected] ?? issue.expected;
}

function limitOf(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  const limit = issue.code === 'too_small' ? issue.minimum : issue.maximum;
  const word = issue.code === 'too_small' ? 'at least' : 'at most';
  if (issue.origin === 'array') return `${word} ${limit} ${Number(limit) === 1 ? 'entry' : 'entries'}`;
  if (issue.origin === 'string')
    return `${word} ${limit} ${Number(limit) === 1 ? 'character' : 'characters'}`;
  const than = issue.code === 'too_small' ? 'more than' : 'less than';
  return issue.inclusive === false ? `${than} ${limit}` : `${word} ${limit}`;
}

function kindOfValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  if (isTable(value)) return 'a table';
  if (typeof value === 'string') return 'text in quotes';
  if (typeof value === 'boolean') return 'true/false';
  if (typeof value === 'bigint') return 'a number that is too large';
  return typeof value === 'number' && !Number.isInteger(value) ? 'a number with a fraction' : 'a number';
}
