import type { Finding } from '../../core/platform.ts';
import { askProgram, type CliSpec, folderFinding, programFinding } from '../../kit/cli-check.ts';
import type { CodexOptions } from './options.ts';

/** Findings on program, version, working directory and login. */
export async function checkInstallation(
  options: CodexOptions,
  hasProvider: boolean,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const folder = await folderFinding(options.workDir);
  if (options.appServerUrl !== undefined)
    return [{ level: 'ok', what: `Codex app-server at ${options.appServerUrl}` }, folder];
  const cli = cliOf(options);
  const program = await programFinding(cli, signal);
  const needsLogin = program.level !== 'error' && !hasProvider && options.modelProvider === undefined;
  return needsLogin ? [program, folder, await loginFinding(cli, signal)] : [program, folder];
}

function cliOf(options: CodexOptions): CliSpec {
  const home = options.codexHome === undefined ? {} : { CODEX_HOME: options.codexHome };
  return {
    label: 'Codex',
    command: options.command,
    args: options.args,
    env: { ...process.env, ...options.env, ...home },
    // The version this adapter is tested with: older ones may lack the app-server or name its parts differently.
    oldest: [0, 169, 0],
    install: 'Install it with `npm install -g @openai/codex`',
    update: 'Run `npm install -g @openai/codex`',
  };
}

/** A person's own config.toml may name a provider that needs no login, so this is never an error. */
async function loginFinding(cli: CliSpec, signal: AbortSignal): Promise<Finding> {
  const told = await askProgram(cli, ['login', 'status'], signal);
  if (told.code === 0) return { level: 'ok', what: 'Codex login: saved' };
  return {
    level: 'warning',
    what: 'Codex is not logged in',
    fix: 'Run `codex login`, or configure a provider.',
  };
}
