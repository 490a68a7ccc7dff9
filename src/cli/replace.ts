import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../core/errors.ts';
import { type ProcessIdentity, startTime } from '../kit/process/process-table.ts';
import { configLockPath, heldBy } from '../store/lock.ts';
import { callDaemon } from './client.ts';
import type { Io } from './io.ts';
import { isAlive, runningDaemon } from './pid-file.ts';

const graceMs = 10_000;
const lookEachMs = 50;

/**
 * Ends the instance that uses this data directory, and the one that runs with this config file where the file named
 * another directory then: asks it over the socket, else by SIGTERM; what is still there after 10 s is killed. Resolves
 * false when none was running.
 */
export async function replaceRunning(dataDir: string, configFile: string, io: Io): Promise<boolean> {
  const here = await replaceIn(dataDir, io);
  const pid = heldBy(configLockPath(configFile));
  if (pid === undefined) return here;
  // The lock is held, so the pid beside it is no later owner of the number.
  const identity = { pid, startTime: (await startTime(pid)) ?? '' };
  io.err(`Replacing the running cc-connect (pid ${pid}) …`);
  signal(pid, 'SIGTERM');
  await untilGone(identity, io);
  return true;
}

async function replaceIn(dataDir: string, io: Io): Promise<boolean> {
  const identity = await runningDaemon(dataDir);
  const asked = await ask(dataDir);
  if (!identity) {
    if (asked) await untilSilent(dataDir);
    return asked;
  }
  io.err(`Replacing the running cc-connect (pid ${identity.pid}) …`);
  if (!asked) signal(identity.pid, 'SIGTERM');
  await untilGone(identity, io);
  return true;
}

async function untilGone(identity: ProcessIdentity, io: Io): Promise<void> {
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

async function untilSilent(dataDir: string): Promise<void> {
  const deadline = Date.now() + graceMs;
  while (Date.now() < deadline) {
    const answers = await callDaemon(dataDir, 'GET', '/status', undefined, 1000).then(
      () => true,
      (error: unknown) => !(error instanceof AppError && error.code === 'not_running'),
    );
    if (!answers) return;
    await sleep(lookEachMs);
  }
  throw new AppError('cannot_replace', 'the running cc-connect did not end', { kind: 'conflict' });
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
