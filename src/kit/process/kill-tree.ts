import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChildRecord, kin } from './kin.ts';
import type { ProcessIdentity, ProcessInfo } from './process-table.ts';

/** How often a killed tree is looked at again before what still lives is reported. */
const KILL_ROUNDS = 10;
const ROUND_MS = 30;

/** Everything still alive of a child of an earlier run of the daemon; see {@link kin}. */
export function leftovers(child: ChildRecord): Promise<ProcessInfo[]> {
  return kin(child);
}

/**
 * Ends everything that stems from `child`: SIGTERM first when `graceMs` is
 * given, then SIGKILL, looked up anew each round because a tree may still fork.
 * `known` are descendants seen earlier. Resolves with the survivors, normally
 * none (another user's process, or one stuck in the kernel).
 */
export async function killTree(
  child: ChildRecord,
  options: { graceMs?: number; known?: readonly ProcessIdentity[]; signal?: AbortSignal } = {},
): Promise<ProcessInfo[]> {
  if (process.platform === 'win32') return killWindowsTree(child.pid);
  let alive = await kin(child, options.known);
  if (alive.length > 0 && options.graceMs !== undefined) {
    signalAll(alive, 'SIGTERM');
    alive = await waitUntilGone(child, alive, options.graceMs, options.signal);
  }
  for (let round = 0; alive.length > 0 && round < KILL_ROUNDS; round++) {
    signalAll(alive, 'SIGKILL');
    await sleep(ROUND_MS);
    alive = await kin(child, alive);
  }
  return alive;
}

/** Sends a signal to the process, or to its whole group; false when there is no such process. */
export function sendSignal(pid: number, signal: NodeJS.Signals, group = false): boolean {
  if (pid <= 1) return false;
  try {
    process.kill(group ? -pid : pid, signal);
    return true;
  } catch (error) {
    // ESRCH: it is gone, which is what was wanted. EPERM: not ours to kill; the caller sees it survive.
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ESRCH' || code === 'EPERM') return false;
    throw error;
  }
}

function signalAll(targets: readonly ProcessInfo[], signal: NodeJS.Signals): void {
  for (const { pid } of targets) sendSignal(pid, signal);
}

async function waitUntilGone(
  child: ChildRecord,
  known: ProcessInfo[],
  graceMs: number,
  signal: AbortSignal | undefined,
): Promise<ProcessInfo[]> {
  const end = performance.now() + graceMs;
  let alive = known;
  while (alive.length > 0 && performance.now() < end && !signal?.aborted) {
    await sleep(ROUND_MS);
    alive = await kin(child, alive);
  }
  return alive;
}

function killWindowsTree(pid: number): Promise<ProcessInfo[]> {
  return new Promise((resolve) => {
    // Fails when the tree is already gone; there is no listing to tell survivors by.
    execFile('taskkill', ['/pid', String(pid), '/T', '/F'], { windowsHide: true }, () => resolve([]));
  });
}
