import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../core/platform.ts';
import { folderFinding, programFinding } from '../../kit/cli-check.ts';
import type { ClaudeCodeOptions } from './options.ts';
import { configDir } from './project-dir.ts';

/** Findings on program, version, working directory and login. */
export async function checkInstallation(
  options: ClaudeCodeOptions,
  hasProvider: boolean,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const [command = 'claude', ...args] = options.command;
  const env = { ...process.env, ...options.env };
  const cli = {
    label: 'Claude Code',
    command,
    args,
    env,
    // The oldest version this adapter is tested with.
    oldest: [2, 1, 197],
    install: 'Install it with `npm install -g @anthropic-ai/claude-code`',
    update: 'Run `claude update`',
  };
  const findings = [await programFinding(cli, signal), await folderFinding(options.workDir)];
  if (!hasProvider && options.routerUrl === undefined) findings.push(await loginFinding(env));
  return findings;
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
