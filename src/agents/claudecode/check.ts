import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Finding } from '../../core/platform.ts';
import type { ClaudeCodeOptions } from './options.ts';
import { configDir } from './project-dir.ts';

const run = promisify(execFile);

/** The oldest version this adapter is tested with. */
const OLDEST = [2, 1, 197] as const;

/** Findings on program, version, working directory and login. */
export async function checkInstallation(
  options: ClaudeCodeOptions,
  hasProvider: boolean,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings = [await programFinding(options, signal), await folderFinding(options.workDir)];
  if (!hasProvider && options.routerUrl === undefined)
    findings.push(await loginFinding({ ...process.env, ...options.env }));
  return findings;
}

async function programFinding(options: ClaudeCodeOptions, signal: AbortSignal): Promise<Finding> {
  const [program = 'claude', ...leading] = options.command;
  const env = { ...process.env, ...options.env };
  const told = await run(program, [...leading, '--version'], { signal, timeout: 20_000, env }).then(
    ({ stdout }) => stdout.trim(),
    (error: NodeJS.ErrnoException) => error,
  );
  if (typeof told !== 'string') {
    const what =
      told.code === 'ENOENT'
        ? `"${program}" was not found`
        : `"${program} --version" failed: ${told.message}`;
    return {
      level: 'error',
      what,
      fix: 'Install it with `npm install -g @anthropic-ai/claude-code`, or set `cmd`.',
    };
  }
  if (isOlder(told))
    return { level: 'warning', what: `Claude Code ${told} is old`, fix: 'Run `claude update`.' };
  return { level: 'ok', what: `Claude Code ${told}` };
}

/** Whether a version text such as `2.1.329 (Claude Code)` is older than what is tested; unknown texts are not. */
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

async function loginFinding(env: Readonly<Record<string, string | undefined>>): Promise<Finding> {
  const byVariable = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'].some(
    (name) => env[name],
  );
  if (byVariable) return { level: 'ok', what: 'Claude Code login: by environment variable' };
  const file = await stat(join(configDir(env), '.credentials.json')).catch(() => undefined);
  if (file !== undefined) return { level: 'ok', what: 'Claude Code login: saved credentials' };
  // macOS keeps it in the keychain, and cloud providers need none.
  if (process.platform === 'darwin') return { level: 'ok', what: 'Claude Code login: not checked on macOS' };
  return {
    level: 'warning',
    what: 'Claude Code seems not to be logged in',
    fix: 'Run `claude` once and log in.',
  };
}
