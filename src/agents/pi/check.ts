import type { Finding } from '../../core/platform.ts';
import { askProgram, type CliSpec, folderFinding, programFinding } from '../../kit/cli-check.ts';
import type { PiOptions } from './options.ts';

const INSTALL = 'npm install -g @earendil-works/pi-coding-agent';

/** Findings on program, version, working directory and login. */
export async function checkInstallation(
  options: PiOptions,
  hasProvider: boolean,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const cli: CliSpec = {
    label: 'pi',
    command: options.command,
    args: options.args,
    env: { ...process.env, ...options.env, PI_SKIP_VERSION_CHECK: '1' },
    // The version this adapter is tested with: older ones name flags and events differently.
    oldest: [0, 74, 0],
    install: `Install it with \`${INSTALL}\``,
    update: `Run \`${INSTALL}\``,
  };
  const program = await programFinding(cli, signal);
  const folder = await folderFinding(options.workDir);
  const needsLogin = program.level !== 'error' && !hasProvider;
  return needsLogin ? [program, folder, await loginFinding(cli, signal)] : [program, folder];
}

/** pi knows many vendors; it is usable when it lists a model of any of them. */
async function loginFinding(cli: CliSpec, signal: AbortSignal): Promise<Finding> {
  const told = await askProgram(cli, ['--list-models'], signal);
  const listed = told.code === 0 && !/no models available/i.test(told.stdout + told.stderrTail);
  if (listed) return { level: 'ok', what: 'pi has a model to use' };
  return {
    level: 'warning',
    what: 'pi has no key for any model',
    fix: 'Run `pi` and then `/login`, set the key of a vendor in the environment, or configure a provider.',
  };
}
