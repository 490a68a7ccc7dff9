import { AppError } from '../../core/errors.ts';
import { asId, type NativeId } from '../../core/ids.ts';
import { isNoServer, type TmuxServer } from './server.ts';

/** One pane of a server, as it stands now. */
export interface PaneInfo {
  /** `%5`; never given to another pane while the server lives. */
  readonly id: string;
  /** Process that was started in the pane. */
  readonly pid: number;
  readonly session: string;
  readonly window: string;
  readonly windowName: string;
  readonly index: string;
  readonly active: boolean;
  readonly dead: boolean;
  readonly title: string;
  readonly command: string;
  readonly path: string;
  /** When the server started: tells its panes from those of a later server with the same numbers. */
  readonly serverStart: string;
  /** Our mark: the work dir of the project whose conversation this pane was made for; empty for panes of people. */
  readonly owner: string;
  /** ms since the epoch of the last output in the window. */
  readonly activityAt: number;
}

/** Option of panes that were made here; its value is the work dir. */
export const OWNER_OPTION = '@cc-connect-owner';

const FIELDS = [
  'pane_id',
  'pane_pid',
  'session_name',
  'window_index',
  'window_name',
  'pane_index',
  'pane_active',
  'window_active',
  'pane_dead',
  'pane_title',
  'pane_current_command',
  'pane_current_path',
  'start_time',
  OWNER_OPTION,
  'window_activity',
] as const;

/** Names and titles hold no tabs: tmux writes control characters of titles as escapes. */
const FORMAT = FIELDS.map((field) => `#{${field}}`).join('\t');

/** All panes of the server; none when no server runs. */
export async function allPanes(server: TmuxServer, signal?: AbortSignal): Promise<readonly PaneInfo[]> {
  try {
    const told = await server.run(['list-panes', '-a', '-F', FORMAT], undefined, signal);
    return told.split('\n').flatMap((line) => readPane(line) ?? []);
  } catch (error) {
    if (isNoServer(error)) return [];
    throw error;
  }
}

function readPane(line: string): PaneInfo | undefined {
  const [id, pid, session, window, windowName, index, paneActive, windowActive, dead, ...rest] =
    line.split('\t');
  const [title, command, path, serverStart, owner, activity] = rest;
  if (!id?.startsWith('%') || activity === undefined) return undefined;
  return {
    id,
    pid: Number(pid),
    session: session ?? '',
    window: window ?? '',
    windowName: windowName ?? '',
    index: index ?? '',
    active: paneActive === '1' && windowActive === '1',
    dead: dead === '1',
    title: title ?? '',
    command: command ?? '',
    path: path ?? '',
    serverStart: serverStart ?? '',
    owner: owner ?? '',
    activityAt: Number(activity) * 1_000,
  };
}

/**
 * The pane that `target` names: `%5`, `session`, `session:window`, `session:window.pane`, or without a session part
 * (`0`, `0.1`, `name`) inside `session`. tmux itself falls back on another pane when a target is not there; this
 * does not.
 */
export function findPane(
  panes: readonly PaneInfo[],
  session: string,
  target: string | undefined,
): PaneInfo | undefined {
  if (target?.startsWith('%')) return panes.find(({ id }) => id === target);
  const colon = target?.indexOf(':') ?? -1;
  const named = colon >= 0 ? target?.slice(0, colon) : session || target;
  const place = colon >= 0 ? target?.slice(colon + 1) : session === '' ? undefined : target;
  const inside = panes.filter((pane) => pane.session === named);
  if (place === undefined || place === '') return inside.find(({ active }) => active) ?? inside[0];
  const whole = inside.filter((pane) => pane.window === place || pane.windowName === place);
  if (whole.length > 0) return whole[0];
  const dot = place.lastIndexOf('.');
  const [window, index] = dot < 0 ? [place, undefined] : [place.slice(0, dot), place.slice(dot + 1)];
  const found = inside.filter((pane) => pane.window === window || pane.windowName === window);
  return index === undefined ? undefined : found.find((pane) => pane.index === index);
}

/** By which a conversation in this pane is known again. */
export function nativeIdOf(pane: PaneInfo): NativeId {
  return asId<NativeId>(`${pane.id}@${pane.serverStart}`);
}

export function paneMissing(what: string): AppError {
  return new AppError('agent.start_failed', `There is no tmux pane ${what}`, {
    kind: 'missing',
    advice:
      'Start it (`tmux new -s NAME`), correct "session", "pane" or "target", or set auto_create = true.',
  });
}
