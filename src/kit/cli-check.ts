import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { AppError, describeError } from '../core/errors.ts';
import type { Finding } from '../core/platform.ts';
import { type ProgramRun, runProgram } from './process/run-program.ts';

/** An agent's program as it is looked at before it is needed. */
export interface CliSpec {
  /** For people, e.g. "Gemini CLI"; put in front of a bare version number. */
  readonly label: string;
  readonly command: string;
  /** Arguments in front of every other. */
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where it is asked what depends on the folder; must exist. @default ours */
  readonly cwd?: string;
  /** The oldest version the adapter is tested with, e.g. `[0, 61, 0]`. */
  readonly oldest: readonly number[];
  /** What to do when it is missing, without the final stop, e.g. "Install it with `npm install -g x`". */
  readonly install: string;
  /** What to do when it is too old. @default install */
  readonly update?: string;
  /** @default ['--version'] */
  readonly versionArgs?: readonly string[];
}

/** Whether the program runs and how old it is. Never rejects but for the signal. */
export async function programFinding(cli: CliSpec, signal: AbortSignal): Promise<Finding> {
  const told = await askVersion(cli, signal);
  if ('problem' in told)
    return { level: 'error', what: told.problem, fix: `${cli.install}, or set \`cmd\`.` };
  const what = /^[\d.]/.test(told.version) ? `${cli.label} ${told.version}` : told.version;
  if (!isOlder(told.version, cli.oldest)) return { level: 'ok', what };
  return {
    level: 'warning',
    what: `${what} is old; ${cli.oldest.join('.')} or newer is needed`,
    fix: `${cli.update ?? cli.install}.`,
  };
}

/** Runs the program for one short answer. */
export function askProgram(cli: CliSpec, args: readonly string[], signal: AbortSignal): Promise<ProgramRun> {
  const spec = {
    command: cli.command,
    args: [...cli.args, ...args],
    cwd: cli.cwd ?? process.cwd(),
    env: cli.env,
    marker: `ask-${randomUUID()}`,
  };
  return runProgram(spec, signal, { maxBytes: 1024 * 1024 });
}

/** Whether a version text such as `2.1.329 (Claude Code)` is older than `oldest`; unknown texts are not. */
export function isOlder(told: string, oldest: readonly number[]): boolean {
  const numbers = /(\d+)\.(\d+)\.(\d+)/.exec(told)?.slice(1).map(Number);
  if (numbers === undefined) return false;
  for (const [at, least] of oldest.entries()) {
    const number = numbers[at] ?? 0;
    if (number !== least) return number < least;
  }
  return false;
}

/** Whether the working directory is there. */
export async function folderFinding(workDir: string): Promise<Finding> {
  const folder = await stat(workDir).catch(() => undefined);
  if (folder?.isDirectory()) return { level: 'ok', what: `work_dir ${workDir}` };
  return {
    level: 'error',
    what: `work_dir ${workDir} does not exist`,
    fix: 'Create it or correct the config.',
  };
}

async function askVersion(
  cli: CliSpec,
  signal: AbortSignal,
): Promise<{ readonly version: string } | { readonly problem: string }> {
  const args = cli.versionArgs ?? ['--version'];
  const told = await askProgram(cli, args, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    return error;
  });
  if (told instanceof AppError && told.code === 'process.not_found')
    return { problem: `"${cli.command}" was not found` };
  const failed = `"${[cli.command, ...args].join(' ')}" failed`;
  if (!isRun(told)) return { problem: `${failed}: ${describeError(told)}` };
  if (told.code !== 0)
    return { problem: `${failed}: ${lastLine(told.stderrTail) || `exit code ${told.code}`}` };
  // Some keep stdout for their protocol and answer on stderr.
  const said = told.stdout.trim() || told.stderrTail.trim();
  return { version: said.split('\n')[0] ?? '' };
}

function isRun(told: unknown): told is ProgramRun {
  return typeof told === 'object' && told !== null && 'stdout' in told && !(told instanceof Error);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
