import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { OptionReader } from './option-reader.ts';

/** The options `commandOf` reads. */
export const COMMAND_OPTIONS = ['command', 'cmd', 'cli_path', 'args'] as const;
type CommandOption = (typeof COMMAND_OPTIONS)[number];

/**
 * A program and its arguments from the options `command` (or `cmd`, or `cli_path`, an older name) and `args`. A list is
 * taken as it is; a string is split at spaces (quotes keep words together) unless `args` is given too.
 */
export function commandOf(
  options: OptionReader<CommandOption>,
): { command: string; args: string[] } | undefined {
  const args = options.texts('args');
  const key = (['command', 'cmd', 'cli_path'] as const).find((name) => options.value(name) !== undefined);
  if (key === undefined) return undefined;
  const given = options.value(key);
  const words =
    typeof given === 'string' ? (args === undefined ? split(given) : [given]) : options.texts(key);
  if (words === undefined) return undefined;
  const [command, ...rest] = words;
  if (!command) return options.wrong(key, 'must name a program');
  return { command: expandHome(command), args: [...rest, ...(args ?? [])] };
}

/** `work_dir` as an absolute path; `baseDir` itself when it is not given. */
export function workDirOf(options: OptionReader<'work_dir'>, baseDir: string): string {
  const path = expandHome(options.text('work_dir') ?? '.');
  return isAbsolute(path) ? resolve(path) : resolve(baseDir, path);
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
