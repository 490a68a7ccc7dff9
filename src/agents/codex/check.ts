import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Finding } from '../../core/platform.ts';
import type { CodexOptions } from './options.ts';

const run = promisify(execFile);

/** The version this adapter is tested with. Older ones may lack the app-server or name its parts differently. */
const OLDEST = [0, 169, 0] as const;

/** Findings on program, version, working directory and login. */
export async function checkInstallation(
  options: CodexOptions,
  hasProvider: boolean,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const folder = await folderFinding(options.workDir);
  if (options.appServerUrl !== undefined)
    return [{ level: 'ok', what: `Codex app-server at ${options.appServerUrl}` }, folder];
  const program = await programFinding(options, signal);
  const needsLogin = program.level !== 'error' && !hasProvider && options.modelProvider === undefined;
  return needsLogin ? [program, folder, await loginFinding(options, signal)] : [program, folder];
}

async function programFinding(options: CodexOptions, signal: AbortSignal): Promise<Finding> {
  const told = await ask(options, ['--version'], signal);
  if (!told.ok) {
    const missing = told.code === 'ENOENT';
    const what = missing
      ? `"${options.command}" was not found`
      : `"${options.command} --version" failed: ${told.text}`;
    return { level: 'error', what, fix: 'Install it with `npm install -g @openai/codex`, or set `cmd`.' };
  }
  if (isOlder(told.text)) {
    return { level: 'warning', what: `${told.text} is old`, fix: 'Run `npm install -g @openai/codex`.' };
  }
  return { level: 'ok', what: told.text };
}

/** Whether a version text such as `codex-cli 0.169.0` is older than what is tested; unknown texts are not. */
export function isOlder(told: string): boolean {
  const numbers = /(\d+)\.(\d+)\.(\d+)/.exec(told)?.slice(1).map(Number);
  if (numbers === undefined) return false;
  for (const [at, oldest] of OLDEST.entries()) {
    const number = numbers[at] ?? 0;
    if (number !== oldest) return number < oldest;
  }
  return false;
}

async function folderFinding(workDir: string): Promise<Finding> {
  const folder = await stat(workDir).catch(() => undefined);
  if (folder?.isDirectory()) return { level: 'ok', what: `work_dir ${workDir}` };
  return {
    level: 'error',
    what: `work_dir ${workDir} does not exist`,
    fix: 'Create it or correct the config.',
  };
}

/** A person's own config.toml may name a provider that needs no login, so this is never an error. */
async function loginFinding(options: CodexOptions, signal: AbortSignal): Promise<Finding> {
  const told = await ask(options, ['login', 'status'], signal);
  if (told.ok) return { level: 'ok', what: 'Codex login: saved' };
  return {
    level: 'warning',
    what: 'Codex is not logged in',
    fix: 'Run `codex login`, or configure a provider.',
  };
}

async function ask(options: CodexOptions, args: readonly string[], signal: AbortSignal) {
  const home = options.codexHome === undefined ? {} : { CODEX_HOME: options.codexHome };
  const env = { ...process.env, ...options.env, ...home };
  return run(options.command, [...options.args, ...args], { signal, timeout: 20_000, env }).then(
    ({ stdout }) => ({ ok: true, text: stdout.trim(), code: undefined }),
    (error: NodeJS.ErrnoException) => ({ ok: false, text: error.message, code: error.code }),
  );
}
