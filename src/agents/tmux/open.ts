import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionSpec } from '../../core/agent.ts';
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { killTree } from '../../kit/process/kill-tree.ts';
import { startTime } from '../../kit/process/process-table.ts';
import { createPane, removePane } from './create-pane.ts';
import type { TmuxOptions } from './options.ts';
import { allPanes, findPane, nativeIdOf, type PaneInfo, paneMissing } from './panes.ts';
import { readScreen, type Screen } from './screen.ts';
import type { TmuxServer } from './server.ts';
import { PaneSession } from './session.ts';

/** With a prompt pattern a program is waited for until it shows its prompt, but no longer than this. */
const PROMPT_MS = 60_000;

/** Finds the pane of a conversation, or creates it, and waits until its program can take a prompt. */
export async function openPane(
  server: TmuxServer,
  options: TmuxOptions,
  spec: SessionSpec,
  environment: Readonly<Record<string, string>>,
  log: Log,
  signal: AbortSignal,
): Promise<PaneSession> {
  signal.throwIfAborted();
  const found = await existing(server, options, spec, signal);
  const pane = found ?? (await createPane(server, options, spec, environment, signal));
  try {
    await ready(server, options, pane, found !== undefined, signal);
    const owned = options.keepPane || pane.owner === '' ? undefined : await identity(pane, spec);
    return new PaneSession({ server, options, pane, owned, log });
  } catch (error) {
    if (found === undefined) await endPane(server, pane, spec);
    throw signal.aborted ? signal.reason : error;
  }
}

async function existing(
  server: TmuxServer,
  options: TmuxOptions,
  spec: SessionSpec,
  signal: AbortSignal,
): Promise<PaneInfo | undefined> {
  const panes = await allPanes(server, signal);
  if (spec.resume !== undefined) {
    const same = panes.find((pane) => nativeIdOf(pane) === spec.resume && !pane.dead);
    if (same === undefined) {
      throw new AppError('resume_failed', 'the tmux pane of this conversation is gone', {
        kind: 'not_found',
      });
    }
    return same;
  }
  const own = options.windowPerSession || !options.keepPane;
  if (own) return undefined;
  const pane = findPane(panes, options.session, options.pane) ?? sharedPane(panes, options);
  if (pane !== undefined && !pane.dead) return pane;
  if (!options.autoCreate || options.session === '') throw paneMissing(options.pane ?? options.session);
  return undefined;
}

/** The pane made here earlier for all conversations of this project, wherever in the session it is now. */
function sharedPane(panes: readonly PaneInfo[], options: TmuxOptions): PaneInfo | undefined {
  return panes.find(
    (pane) => pane.session === options.session && pane.owner === options.workDir && !pane.dead,
  );
}

/** What a created pane runs may take a moment to go with it. */
async function endPane(server: TmuxServer, pane: PaneInfo, { marker }: SessionSpec): Promise<void> {
  const child = { pid: pane.pid, startTime: await startTime(pane.pid), marker };
  await removePane(server, pane.id);
  await killTree(child, { graceMs: 200 });
}

async function identity(pane: PaneInfo, spec: SessionSpec) {
  const started = await startTime(pane.pid);
  return started === undefined ? undefined : { startTime: started, marker: spec.marker };
}

/**
 * Waits for something on the screen that stands still, with the prompt where one is configured. A program that
 * shows nothing is taken as ready when its time is up; one that never shows the configured prompt is an error, unless
 * it was found running: it may be busy.
 */
async function ready(
  server: TmuxServer,
  options: TmuxOptions,
  pane: PaneInfo,
  found: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { promptPattern, settleMs } = options;
  const begun = Date.now();
  const patience =
    promptPattern === undefined || found ? options.startupMs : Math.max(options.startupMs, PROMPT_MS);
  let last: Screen | undefined;
  let changedAt = begun;
  while (Date.now() - begun < patience) {
    const screen = await readScreen(server, pane.id, 'context', signal);
    if (screen === undefined) throw paneMissing(pane.id);
    if (screen !== 'moving') {
      if (screen.dead) throw endedAtOnce(screen);
      if (last === undefined || !alike(screen, last)) changedAt = Date.now();
      last = screen;
      const shown = screen.lines.slice(-8).filter((line) => line !== '');
      const prompted = shown.some((line) => promptPattern?.test(line) ?? true);
      if (prompted && Date.now() - changedAt >= settleMs) return;
    }
    await sleep(options.pollMs, undefined, { signal });
  }
  if (promptPattern !== undefined && !found) throw noPrompt(promptPattern, last);
}

function alike(one: Screen, other: Screen): boolean {
  return one.cursorX === other.cursorX && one.lines.join('\n') === other.lines.join('\n');
}

function endedAtOnce({ lines, deadStatus }: Screen): AppError {
  const words = lines.slice(-8).join('\n').trim();
  return new AppError(
    'agent.start_failed',
    `The program in the tmux pane ended at once (exit code ${deadStatus ?? 'unknown'})${words ? `: ${words}` : ''}`,
    { kind: 'unavailable', advice: 'Try "init_command" in a terminal.' },
  );
}

function noPrompt(pattern: RegExp, last: Screen | undefined): AppError {
  const words = (last?.lines ?? []).slice(-8).join('\n').trim();
  return new AppError(
    'agent.start_failed',
    `The program in the tmux pane shows no line that matches prompt_pattern ${pattern.source}${words ? `; it shows: ${words}` : ''}`,
    { kind: 'unavailable', advice: 'Correct prompt_pattern, or remove it: the prompt is learnt then.' },
  );
}
