import { killTree, sendSignal } from './kill-tree.ts';
import { type ChildRecord, kin } from './kin.ts';
import type { ProcessExit } from './owned-process.ts';
import type { ProcessInfo } from './process-table.ts';

/** How gently a child is closed; every step is skipped once the child has exited. */
export interface CloseLadder {
  /** Asks by the agent's own protocol to stop the running turn. A rejection only moves on to the next step. */
  interrupt?: (signal: AbortSignal) => Promise<void>;
  /** How long the interrupt may take. @default 2000 */
  interruptMs?: number;
  /** How long the child may take to exit after its stdin ended. @default 3000 */
  eofMs?: number;
  /** How long the child may take to exit after SIGTERM to its group. @default 2000 */
  termMs?: number;
}

/** What closing took. */
export interface CloseReport {
  /** The step that ended the child: it was gone before, its input ended, SIGTERM, or SIGKILL. */
  step: 'exited' | 'eof' | 'term' | 'kill';
  /** Undefined only when the child survived SIGKILL (stuck in the kernel). */
  exit: ProcessExit | undefined;
  /** What could not be ended; normally empty. */
  survivors: ProcessInfo[];
}

/** The child as the ladder needs it. */
export interface Closable {
  record: ChildRecord;
  /** Resolves at the exit itself, before its output is drained. */
  ended: Promise<unknown>;
  hasEnded(): boolean;
  exited: Promise<ProcessExit>;
  endInput(): void;
}

/** How long an exit after SIGKILL is waited for. */
const KILL_MS = 5_000;

/**
 * Ends a child and everything that stems from it: protocol interrupt, end of
 * stdin, SIGTERM to the group, SIGKILL to the group and all descendants. The
 * descendants are looked up before each step, while their parents still live:
 * tools run in groups of their own and would be unknown once re-parented.
 * `hurry` skips all waiting and goes to SIGKILL.
 */
export async function climbDown(
  child: Closable,
  ladder: CloseLadder,
  hurry: AbortSignal,
): Promise<CloseReport> {
  let known = await kin(child.record);
  const step = await endLeader(child, ladder, hurry, async () => {
    known = await kin(child.record, known);
  });
  const survivors = await killTree(child.record, { known });
  const exit = await within(child.exited, KILL_MS);
  return { step, exit, survivors };
}

async function endLeader(
  child: Closable,
  ladder: CloseLadder,
  hurry: AbortSignal,
  look: () => Promise<void>,
): Promise<CloseReport['step']> {
  if (child.hasEnded()) return 'exited';
  if (ladder.interrupt !== undefined && !hurry.aborted) {
    await interruptWithin(ladder.interrupt, ladder.interruptMs ?? 2_000, child, hurry);
  }
  child.endInput();
  await within(child.ended, ladder.eofMs ?? 3_000, hurry);
  if (child.hasEnded()) return 'eof';
  await look();
  if (process.platform !== 'win32' && !hurry.aborted) {
    sendSignal(child.record.pid, 'SIGTERM', true);
    await within(child.ended, ladder.termMs ?? 2_000, hurry);
    if (child.hasEnded()) return 'term';
    await look();
  }
  // Not yet reaped, so the pid and its group are still this child's.
  if (process.platform !== 'win32' && !child.hasEnded()) sendSignal(child.record.pid, 'SIGKILL', true);
  return 'kill';
}

async function interruptWithin(
  interrupt: (signal: AbortSignal) => Promise<void>,
  ms: number,
  child: Closable,
  hurry: AbortSignal,
): Promise<void> {
  const abort = new AbortController();
  // The interrupt is a courtesy: its failure changes nothing about what follows.
  const asked = interrupt(abort.signal).catch(() => undefined);
  await within(Promise.race([asked, child.ended]), ms, hurry);
  abort.abort();
}

/** The promise's value, or undefined when time ran out or `hurry` aborted first. */
function within<T>(promise: Promise<T>, ms: number, hurry?: AbortSignal): Promise<T | undefined> {
  if (hurry?.aborted) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const giveUp = () => settle(() => resolve(undefined));
    const timer = setTimeout(giveUp, ms);
    const settle = (then: () => void) => {
      clearTimeout(timer);
      hurry?.removeEventListener('abort', giveUp);
      then();
    };
    hurry?.addEventListener('abort', giveUp, { once: true });
    promise.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
  });
}
