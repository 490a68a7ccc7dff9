import type { Finding } from '../../core/platform.ts';
import { askProgram, type CliSpec, folderFinding, programFinding } from '../../kit/cli-check.ts';
import type { CliOptions } from '../../kit/cli-options.ts';

/** The program for questions outside of a conversation. */
export function cliOf(options: CliOptions, env: Readonly<Record<string, string | undefined>>): CliSpec {
  return {
    label: 'Cursor',
    command: options.command,
    args: options.args,
    env,
    // Its versions are dates, and none is known to be too old: the flags are asked for.
    oldest: [],
    install: 'Install it with `curl https://cursor.com/install -fsS | bash`',
  };
}

/** Findings on program, login and working directory. */
export async function checkInstallation(
  options: CliOptions,
  hasKey: boolean,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const cli = cliOf(options, { ...process.env, ...options.env });
  const program = await programFinding(cli, signal);
  const folder = await folderFinding(options.workDir);
  if (program.level === 'error') return [program, folder];
  return [program, hasKey ? KEY : await loginFinding(cli, signal), folder];
}

const KEY: Finding = { level: 'ok', what: 'Cursor: a key is configured' };

async function loginFinding(cli: CliSpec, signal: AbortSignal): Promise<Finding> {
  const told = await askProgram(cli, ['status'], signal).catch(() => undefined);
  const said = `${told?.stdout ?? ''}${told?.stderrTail ?? ''}`;
  if (told?.code === 0 && !/not logged in/i.test(said)) return { level: 'ok', what: 'Cursor login: saved' };
  return {
    level: 'warning',
    what: 'Cursor is not logged in',
    fix: `Run \`${cli.command} login\`, or set CURSOR_API_KEY.`,
  };
}
