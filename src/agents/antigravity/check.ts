import type { Finding } from '../../core/platform.ts';
import { type CliSpec, folderFinding, programFinding } from '../../kit/cli-check.ts';
import type { CliOptions } from '../../kit/cli-options.ts';

/** The program for questions outside of a conversation. */
export function cliOf(options: CliOptions, env: Readonly<Record<string, string | undefined>>): CliSpec {
  return {
    label: 'Antigravity',
    command: options.command,
    args: options.args,
    env,
    oldest: [1, 0, 5],
    install: 'Install it with `curl -fsSL https://antigravity.google/cli/install.sh | bash`',
    update: 'Run `agy update`',
  };
}

/** Findings on program and working directory. Its login is in the system's keyring, where nothing can be asked. */
export async function checkInstallation(
  options: CliOptions,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const cli = cliOf(options, { ...process.env, ...options.env });
  return [await programFinding(cli, signal), await folderFinding(options.workDir)];
}
