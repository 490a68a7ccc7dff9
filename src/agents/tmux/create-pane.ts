import { randomUUID } from 'node:crypto';
import type { SessionSpec } from '../../core/agent.ts';
import { AppError } from '../../core/errors.ts';
import { OWNER_VARIABLE } from '../../kit/process/kin.ts';
import type { TmuxOptions } from './options.ts';
import { allPanes, OWNER_OPTION, type PaneInfo, paneMissing } from './panes.ts';
import { quoted, quotedFormat, type TmuxServer } from './server.ts';

const SAVED_LIMIT = '@cc-connect-history-limit';

/**
 * Creates a pane with the configured program: in a session of its own, or in a window of the session that is
 * there. Its environment and its program travel on stdin, never in argv.
 */
export async function createPane(
  server: TmuxServer,
  options: TmuxOptions,
  spec: SessionSpec,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<PaneInfo> {
  const before = await allPanes(server, signal);
  const sessionExists = before.some(({ session }) => session === options.session);
  const create = sessionExists
    ? ['new-window', '-d', '-t', quoted(`=${options.session}:`)]
    : ['new-session', '-d', '-s', quoted(options.session), ...sizeOf(options)];
  const birth = `born-${randomUUID()}`;
  const window = quoted(`=${options.session}:${birth}`);
  const command = [
    ...create,
    '-P',
    '-F',
    quoted('#{pane_id}'),
    '-n',
    birth,
    '-c',
    quotedFormat(spec.workDir),
    ...variables(options, spec, environment),
    ...programOf(options),
  ];
  // A pane's history is as long as the limit at its creation; the person's own setting comes back at once.
  // Not given up half-way: the pane might be there, and nobody know of it.
  const told = await server.script([
    `set-option -gF ${SAVED_LIMIT} '#{history-limit}'`,
    `set-option -g history-limit ${options.historyLimit}`,
    command.join(' '),
    `set-option -gF history-limit '#{${SAVED_LIMIT}}'`,
    `set-option -gu ${SAVED_LIMIT}`,
    `set-option -p -t ${window} ${OWNER_OPTION} ${quoted(spec.workDir)}`,
    // What a program says when it ends is read before the pane goes; it may end at once.
    `set-option -p -t ${window} remain-on-exit on`,
    `rename-window -t ${window} ${quotedFormat(windowName(options))}`,
  ]);
  const id = /%\d+/.exec(told)?.[0];
  if (id === undefined)
    throw new AppError('agent.start_failed', 'tmux created no pane', { kind: 'unavailable' });
  const pane = (await allPanes(server)).find((one) => one.id === id);
  if (pane === undefined) throw paneMissing(id);
  return pane;
}

/** Removes a pane that was created here. */
export async function removePane(server: TmuxServer, id: string): Promise<void> {
  await server.run(['kill-pane', '-t', id]).catch(() => undefined);
}

function sizeOf({ size }: TmuxOptions): string[] {
  return ['-x', String(size.width), '-y', String(size.height)];
}

function windowName({ initCommand, shell }: TmuxOptions): string {
  const program = (initCommand ?? shell ?? 'shell').trim().split(/\s+/)[0] ?? 'shell';
  return program.slice(program.lastIndexOf('/') + 1) || 'shell';
}

/** Without `shell`, tmux runs the program with its own `default-shell`. */
function programOf({ initCommand, shell }: TmuxOptions): string[] {
  if (initCommand === undefined) return shell === undefined ? [] : [quoted(shell)];
  return shell === undefined ? [quoted(initCommand)] : [quoted(shell), '-c', quoted(initCommand)];
}

/** The server's own environment is the person's; what belongs to this conversation is put on top. */
function variables(
  options: TmuxOptions,
  spec: SessionSpec,
  environment: Readonly<Record<string, string>>,
): string[] {
  const ours: Record<string, string> = { ...environment };
  // A pane that is kept must not be taken for a leftover by a later start of the daemon.
  if (!options.keepPane) ours[OWNER_VARIABLE] = spec.marker;
  return Object.entries(ours).flatMap(([name, value]) => ['-e', quoted(`${name}=${value}`)]);
}
