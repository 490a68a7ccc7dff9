import { setTimeout as sleep } from 'node:timers/promises';
import type { TmuxServer } from './server.ts';

/** What a pane shows and remembers, read in one go. */
export interface Screen {
  /** Lines from the asked-for place on, wrapped ones joined, without trailing blanks. */
  readonly lines: readonly string[];
  /** Row of the cursor as it stands on the screen, without trailing blanks. */
  readonly cursorLine: string;
  readonly cursorX: number;
  readonly cursorY: number;
  /** Lines above the visible ones. */
  readonly history: number;
  /** Full-screen programs draw on a screen without history. */
  readonly alternate: boolean;
  /** The person scrolls in it (copy mode). */
  readonly inMode: boolean;
  readonly dead: boolean;
  /** Exit code of a dead pane's program. */
  readonly deadStatus: number | undefined;
}

const FORMAT = [
  'pane_id',
  'pane_dead',
  'pane_dead_status',
  'history_size',
  'cursor_x',
  'cursor_y',
  'alternate_on',
  'pane_in_mode',
]
  .map((field) => `#{${field}}`)
  .join(' ,');

const BORDER = 'cc-connect-screen-border-7f3a';
/** Output may move on between learning the length of the history and reading it. */
const TRIES = 3;
/** tmux calls a pane dead a moment before it knows how its program ended; one killed by a signal has no exit code. */
const MOURNS = 10;
const MOURN_MS = 20;
/** It may miss the end of a child (3.3a does); the end of another one makes it look at all of them. */
const NUDGE_AT = 3;

/**
 * Reads a pane from row `from` on, counted from the oldest row it remembers. Undefined when the pane is gone, or
 * `moving` when it scrolls too fast to be read in place.
 */
export async function readScreen(
  server: TmuxServer,
  id: string,
  from: number | 'context',
  signal?: AbortSignal,
): Promise<Screen | 'moving' | undefined> {
  let above = 0;
  let mourned = 0;
  for (let tries = 0; tries < TRIES; tries++) {
    const told = await capture(server, id, above, signal);
    const screen = told === undefined ? undefined : parse(told, id);
    if (screen === undefined) return undefined;
    if (screen.dead && screen.deadStatus === undefined && mourned++ < MOURNS) {
      tries--;
      if (mourned === NUDGE_AT) await server.run(['run-shell', 'true'], undefined, signal);
      await sleep(MOURN_MS, undefined, { signal });
      continue;
    }
    const start = from === 'context' ? contextStart(screen.history) : from;
    const wanted = Math.max(0, screen.history - start);
    if (wanted === above) return screen;
    above = wanted;
  }
  return 'moving';
}

/** Rows above the screen that are kept to recognise what was there before a turn. */
const CONTEXT = 200;

/** The first row of the context above a screen with that much history. */
export function contextStart(history: number): number {
  return Math.max(0, history - CONTEXT);
}

async function capture(
  server: TmuxServer,
  id: string,
  above: number,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const args = [
    ...['capture-pane', '-p', '-J', '-t', id, '-S', String(-above), '-E', '-', ';'],
    ...['display-message', '-p', BORDER, ';'],
    ...['capture-pane', '-p', '-t', id, ';'],
    ...['display-message', '-p', BORDER, ';'],
    ...['display-message', '-p', '-t', id, FORMAT],
  ];
  return server.run(args, undefined, signal).catch((error: Error) => {
    if (
      signal?.aborted ||
      !/can't find pane|no server running|no current target|error connecting|server exited/.test(
        error.message,
      )
    )
      throw error;
    return undefined;
  });
}

function parse(told: string, id: string): Screen | undefined {
  const [joined, visible, facts] = told.split(`${BORDER}\n`);
  const [pane, dead, status, history, x, y, alternate, mode] = (facts ?? '').trim().split(' ,');
  if (joined === undefined || visible === undefined || pane !== id) return undefined;
  const cursorY = Number(y);
  return {
    // tmux writes its own note at the bottom of what a dead program left.
    lines: trimmed(dead === '1' ? joined.replace(/^Pane is dead\b.*$/m, '') : joined),
    cursorLine: (visible.split('\n')[cursorY] ?? '').trimEnd(),
    cursorX: Number(x),
    cursorY,
    history: Number(history),
    alternate: alternate === '1',
    inMode: mode !== '0' && mode !== '',
    dead: dead === '1',
    deadStatus: status ? Number(status) : undefined,
  };
}

/** Lines without trailing blanks, and without the empty rest of the screen below them. */
function trimmed(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
