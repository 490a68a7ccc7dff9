import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { identityText, parseIdentity } from '../kit/process/identity-text.ts';
import { type ProcessIdentity, startTime } from '../kit/process/process-table.ts';

/** Which process is the daemon of a data directory; the start time keeps a recycled pid from being killed. */
export function pidFile(dataDir: string): string {
  return join(dataDir, 'run', 'daemon.pid');
}

export async function writePidFile(dataDir: string): Promise<void> {
  const path = pidFile(dataDir);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, await identityText(), { mode: 0o600 });
}

export async function removePidFile(dataDir: string): Promise<void> {
  const written = await readIdentity(dataDir);
  if (written?.pid === process.pid) await rm(pidFile(dataDir), { force: true });
}

/** The daemon that runs according to the file, if that very process still lives. */
export async function runningDaemon(dataDir: string): Promise<ProcessIdentity | undefined> {
  const identity = await readIdentity(dataDir);
  return identity && (await isAlive(identity)) ? identity : undefined;
}

/** True while this very process runs. Where the system does not tell start times, the pid alone decides. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (process.platform !== 'win32' && identity.startTime !== '')
    return (await startTime(identity.pid)) === identity.startTime;
  try {
    process.kill(identity.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function readIdentity(dataDir: string): Promise<ProcessIdentity | undefined> {
  const identity = parseIdentity(await readFile(pidFile(dataDir), 'utf8').catch(() => ''));
  return identity && identity.pid > 1 ? identity : undefined;
}
