/** What `cc-connect config check` prints. */

import { compatibilityNotes } from './advice.ts';
import { type ActiveTypes, inactiveFeatures } from './inactive.ts';
import { type LoadedConfig, type LoadOptions, loadConfig } from './load.ts';
import type { Env } from './paths.ts';
import { formatProblem, hasErrors, type Problem, sortProblems } from './problem.ts';

export interface CheckReport {
  readonly problems: readonly Problem[];
  /** What the file configures and this build does not have. */
  readonly inactive: readonly string[];
  /** Where the file behaves differently than under the Go cc-connect. */
  readonly notes: readonly string[];
  /** For the terminal, one entry per line. */
  readonly lines: readonly string[];
  readonly exitCode: 0 | 1;
}

export interface CheckOptions extends LoadOptions {
  readonly active?: ActiveTypes;
  /** Checks of adapter options, made by who knows the adapters. */
  readonly more?: (loaded: LoadedConfig) => readonly Problem[];
}

/** Reads and checks a file. Throws `AppError` only when the file cannot be read. */
export async function checkConfig(path: string, env: Env, options: CheckOptions = {}): Promise<CheckReport> {
  return reportOn(await loadConfig(path, env, options), options);
}

/** The report on a loaded config. Pure. */
export function reportOn(loaded: LoadedConfig, options: CheckOptions = {}): CheckReport {
  const problems = sortProblems([...loaded.problems, ...(options.more?.(loaded) ?? [])]);
  const inactive = loaded.config && options.active ? inactiveFeatures(loaded.config, options.active) : [];
  const notes = loaded.config ? compatibilityNotes(loaded.config) : [];
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const lines = [
    ...problems.map(formatProblem),
    ...inactive.map((what) => `not active in this version: ${what}`),
    ...notes.map((note) => `note: ${note}`),
    `${loaded.path}: ${counted(errors, 'error')}, ${counted(problems.length - errors, 'warning')}`,
  ];
  return { problems, inactive, notes, lines, exitCode: hasErrors(problems) ? 1 : 0 };
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** Also reachable from here for those who check as well; `config-file.ts` is the light way to it. */
export { formatConfigFile } from './config-file.ts';
