import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../core/errors.ts';
import type { ProcessIdentity } from '../kit/process/process-table.ts';
import { configLockPath, dataLockPath, isLocked, lockHolder } from '../store/lock.ts';
import { callDaemon } from './client.ts';
import type { Io } from './io.ts';
import { isAlive, runningDaemon } from './pid-file.ts';

const lookEachMs = 50;

/**
 * Ends the instance that uses this data directory, and the one that runs with this config file where the file named
 * another directory then: asks it over the socket, else by SIGTERM; what is still there after `graceMs` is killed.
 * Resolves false when none was running.
 * @throws AppError `cannot_replace` when one goes on that is not known well enough to be killed.
 */
export async function replaceRunning(
  dataDir: string,
  configFile: string,
  io: Io,
  graceMs = 10_000,
): Promise<boolean> {
  const here = await replaceIn(dataDir, io, graceMs);
  const lock = configLockPath(configFile);
  if (!isLocked(lock)) return here;
  const holder = lockHolder(lock);
  if (holder && (await mayBeEnded(holder))) {
    io.err(`Replacing the running cc-connect (pid ${holder.pid}) …`);
    signal(holder.pid, 'SIGTERM');
    await untilGone(holder, io, graceMs);
  } else io.err('Waiting for the running cc-connect to end …');
  await untilFree(lock, graceMs);
  return true;
}

/**
 * That a lock is held does not make the process beside it its holder: the number may be one of another pid namespace,
 * or of somebody who held the lock before, while another `--force` only looks whether it is held.
 */
async function mayBeEnded(identity: ProcessIdentity): Promise<boolean> {
  const known = identity.startTime !== '' || process.platform === 'win32';
  return known && identity.pid > 1 && identity.pid !== process.pid && (await isAlive(identity));
}

async function replaceIn(dataDir: string, io: Io, graceMs: number): Promise<boolean> {
  const identity = await runningDaemon(dataDir);
  const asked = await ask(dataDir);
  if (!identity || identity.pid === process.pid) {
    if (!asked) return false;
    await untilSilent(dataDir, graceMs);
    await untilFree(dataLockPath(dataDir), graceMs);
    return true;
  }
  io.err(`Replacing the running cc-connect (pid ${identity.pid}) …`);
  if (!asked) signal(identity.pid, 'SIGTERM');
  await untilGone(identity, io, graceMs);
  return true;
}

async function untilGone(identity: ProcessIdentity, io: Io, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  while (await isAlive(identity)) {
    if (Date.now() > deadline) {
      io.err(`It did not end within ${graceMs / 1000} s; killing it.`);
      signal(identity.pid, 'SIGKILL');
      await sleep(200);
      return;
    }
    await sleep(lookEachMs);
  }
}

/** True when an instance took the request. */
async function ask(dataDir: string): Promise<boolean> {
  return callDaemon(dataDir, 'POST', '/shutdown', { reason: 'replaced by another instance' }, 3000).then(
    () => true,
    (error: unknown) => error instanceof AppError && error.code === 'connection_lost',
  );
}

async function untilSilent(dataDir: string, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  while (Date.now() < deadline) {
    const answers = await callDaemon(dataDir, 'GET', '/status', undefined, 1000).then(
      () => true,
      (error: unknown) => !(error instanceof AppError && error.code === 'not_running'),
    );
    if (!answers) return;
    await sleep(lookEachMs);
  }
  throw notEnded();
}

async function untilFree(lock: string, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  while (isLocked(lock)) {
    if (Date.now() > deadline) throw notEnded();
    await sleep(lookEachMs);
  }
}

function notEnded(): AppError {
  return new AppError('cannot_replace', 'the running cc-connect did not end', {
    kind: 'conflict',
    advice: 'stop it where it was started, e.g. in its container, then start again',
  });
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
