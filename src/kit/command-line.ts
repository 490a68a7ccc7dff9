import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { AppError } from '../core/errors.ts';

/**
 * A program and its arguments from the options `command` (or `cmd`, or `cli_path`, an older name) and `args`. A list is
 * taken as it is; a string is split at spaces (quotes keep words together) unless `args` is given too.
 */
export function commandOf(
  options: Readonly<Record<string, unknown>>,
): { command: string; args: string[] } | undefined {
  const given = options.command ?? options.cmd ?? options.cli_path;
  if (given === undefined) return undefined;
  const args = options.args === undefined ? undefined : strings(options.args, 'args');
  const words =
    typeof given === 'string' ? (args === undefined ? split(given) : [given]) : strings(given, 'command');
  const [command, ...rest] = words;
  if (!command) throw invalid('command', 'must name a program');
  return { command: expandHome(command), args: [...rest, ...(args ?? [])] };
}

/** `work_dir` as an absolute path; `baseDir` itself when it is not given. */
export function workDirOf(options: Readonly<Record<string, unknown>>, baseDir: string): string {
  const given = stringOption(options, 'work_dir');
  if (given === undefined || given === '') return baseDir;
  const path = expandHome(given);
  return isAbsolute(path) ? resolve(path) : resolve(baseDir, path);
}

export function stringOption(options: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = options[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw invalid(key, 'must be a string');
  return value;
}

/**
 * One of these words, letter case and the kind of dash aside; the first of them when none is given. Throws
 * `options_invalid` naming them.
 */
export function choiceOption<T extends string>(
  options: Readonly<Record<string, unknown>>,
  key: string,
  choices: readonly [T, ...T[]],
): T {
  const plain = (word: string) => word.toLowerCase().replaceAll('_', '-');
  const given = stringOption(options, key);
  if (!given) return choices[0];
  const chosen = choices.find((choice) => plain(choice) === plain(given));
  if (chosen !== undefined) return chosen;
  throw invalid(key, `must be ${choices.map((choice) => `"${choice}"`).join(' or ')}`);
}

export function booleanOption(options: Readonly<Record<string, unknown>>, key: string): boolean | undefined {
  const value = options[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'boolean') throw invalid(key, 'must be true or false');
  return value;
}

/** A table of environment variables; numbers and booleans are written out. */
export function envOption(options: Readonly<Record<string, unknown>>, key: string): Record<string, string> {
  const value = options[key];
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(key, 'must be a table');
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      if (!['string', 'number', 'boolean'].includes(typeof item))
        throw invalid(`${key}.${name}`, 'must be a string');
      return [name, String(item)];
    }),
  );
}

export function invalid(key: string, rule: string): AppError {
  return new AppError('options_invalid', `agent option "${key}" ${rule}`, {
    kind: 'validation',
    advice: 'Correct it under [projects.agent.options] in the config.',
  });
}

function strings(value: unknown, key: string): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw invalid(key, 'must be a list of strings');
  }
  return value;
}

/** Backslashes stay what they are: paths of Windows are full of them. */
function split(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)) {
    words.push(match[0].replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'));
  }
  return words;
}

/** A leading `~` is the person's home. */
export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
