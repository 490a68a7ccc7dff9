import { AppError, describeError } from '../../core/errors.ts';
import type { Finding } from '../../core/platform.ts';
import { folderFinding } from '../../kit/cli-check.ts';
import type { TmuxOptions } from './options.ts';
import { allPanes, findPane } from './panes.ts';
import type { TmuxServer } from './server.ts';

/** `new-session -e` and options of panes came with it. */
const OLDEST = [3, 2] as const;

/** Findings on tmux, its version, the pane, and the working directory. */
export async function checkInstallation(
  server: TmuxServer,
  options: TmuxOptions,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const program = await programFinding(server, signal);
  const folder = await folderFinding(options.workDir);
  if (program.level === 'error') return [program, folder];
  return [program, await paneFinding(server, options, signal), folder];
}

async function programFinding(server: TmuxServer, signal: AbortSignal): Promise<Finding> {
  try {
    const version = (await server.run(['-V'], undefined, signal)).trim();
    if (!isOlder(version)) return { level: 'ok', what: version };
    return {
      level: 'error',
      what: `${version} is too old`,
      fix: `Install tmux ${OLDEST.join('.')} or newer.`,
    };
  } catch (error) {
    const fix = error instanceof AppError ? error.advice : undefined;
    const what = error instanceof AppError ? error.message : describeError(error);
    return { level: 'error', what, ...(fix === undefined ? {} : { fix }) };
  }
}

/** Whether a version text such as `tmux 3.3a` is older than what is needed; unknown texts (`tmux master`) are not. */
export function isOlder(told: string): boolean {
  const [major, minor] = (/(\d+)\.(\d+)/.exec(told)?.slice(1) ?? []).map(Number);
  if (major === undefined || minor === undefined) return false;
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

async function paneFinding(server: TmuxServer, options: TmuxOptions, signal: AbortSignal): Promise<Finding> {
  const pane = findPane(await allPanes(server, signal), options.session, options.pane);
  const wanted = options.pane ?? options.session;
  if (pane !== undefined && !options.windowPerSession)
    return { level: 'ok', what: `tmux pane ${pane.session}:${pane.window}.${pane.index} (${pane.command})` };
  if (options.autoCreate && options.session !== '')
    return { level: 'ok', what: `tmux session ${options.session}: a pane is created when it is needed` };
  return {
    level: 'error',
    what: `There is no tmux pane ${wanted}`,
    fix: 'Start it (`tmux new -s NAME`), or set session and auto_create = true.',
  };
}
