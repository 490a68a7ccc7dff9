import type { Finding } from '../../core/platform.ts';
import { askProgram, type CliSpec, folderFinding, programFinding } from '../../kit/cli-check.ts';
import type { CliOptions } from '../../kit/cli-options.ts';

/** The program for questions outside of a conversation. */
export function cliOf(options: CliOptions, env: Readonly<Record<string, string | undefined>>): CliSpec {
  return {
    label: 'Crush',
    command: options.command,
    args: options.args,
    env,
    // Which versions continue a conversation is told by their flags.
    oldest: [],
    install: 'Install it with `npm install -g @charmland/crush`',
  };
}

/** Findings on program, providers and working directory. */
export async function checkInstallation(
  options: CliOptions,
  hasProvider: boolean,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const cli = cliOf(options, { ...process.env, ...options.env });
  const program = await programFinding(cli, signal);
  const folder = await folderFinding(options.workDir);
  if (program.level === 'error' || folder.level === 'error' || hasProvider) return [program, folder];
  return [program, await modelsFinding({ ...cli, cwd: options.workDir }, signal), folder];
}

/** Without any provider `crush models` fails, and so would every turn. */
async function modelsFinding(cli: CliSpec, signal: AbortSignal): Promise<Finding> {
  const told = await askProgram(cli, ['models'], signal);
  if (told.code === 0) return { level: 'ok', what: 'Crush has a provider' };
  return {
    level: 'warning',
    what: 'Crush seems to have no provider',
    fix: 'Run `crush` once in a terminal and set one up, or configure a provider here.',
  };
}
