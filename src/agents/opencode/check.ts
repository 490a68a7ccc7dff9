import type { Finding } from '../../core/platform.ts';
import { argsOutside } from '../../kit/acp/preset.ts';
import { opencode } from '../../kit/acp/presets/opencode.ts';
import { askProgram, type CliSpec, folderFinding, programFinding } from '../../kit/cli-check.ts';
import type { OpenCodeOptions } from './options.ts';

/** The program as it is asked outside of a conversation. */
export function cliOf(options: OpenCodeOptions): CliSpec {
  return {
    label: 'OpenCode',
    command: options.command,
    args: argsOutside(opencode, options),
    env: { ...process.env, ...options.env },
    // The version this adapter is tested with is 1.18.33; its machine interfaces are those of all of 1.18.
    oldest: [1, 18, 0],
    install: 'Install it with `npm install -g opencode-ai`',
    update: 'Run `opencode upgrade`',
  };
}

/** Findings on program, version, working directory and login. */
export async function checkInstallation(
  options: OpenCodeOptions,
  hasProvider: boolean,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const cli = cliOf(options);
  const program = await programFinding(cli, signal);
  const findings = [program, await folderFinding(options.workDir)];
  if (program.level !== 'error' && !hasProvider) findings.push(await loginFinding(cli, signal));
  return findings;
}

/** A provider may also be in the person's settings, so this is never an error. */
async function loginFinding(cli: CliSpec, signal: AbortSignal): Promise<Finding> {
  const told = await askProgram(cli, ['auth', 'list'], signal);
  const none =
    told.code !== 0 || (/\b0 credentials\b/.test(told.stdout) && !/environment/i.test(told.stdout));
  if (!none) return { level: 'ok', what: 'OpenCode login: saved or by environment variable' };
  return {
    level: 'warning',
    what: 'OpenCode seems not to be logged in',
    fix: 'Run `opencode auth login`, or configure a provider.',
  };
}
