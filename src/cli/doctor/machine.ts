import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DoctorFinding } from '../../servers/local/backend.ts';
import { buildInfo } from '../build-info.ts';

const mib = 1024 * 1024;
const minutes = 60_000;

type Room = { readonly bavail: number; readonly bsize: number };
type Look = (path: string) => Promise<Room>;

/** Room for the store, its log and staged files. */
export async function checkDisk(dataDir: string, look: Look = statfs): Promise<DoctorFinding> {
  const space = await roomAt(dataDir, look);
  if (!space) return { area: 'disk', level: 'warning', what: `the free space of ${dataDir} cannot be read` };
  const free = Math.floor((space.bavail * space.bsize) / mib);
  const what = `${free} MiB free for ${dataDir}`;
  const fix = 'make room; without space nothing new is accepted';
  if (free < 50) return { area: 'disk', level: 'error', what, fix };
  return { area: 'disk', level: free < 500 ? 'warning' : 'ok', what, fix };
}

/** Of the folder, or of where it will be made. */
async function roomAt(folder: string, look: Look): Promise<Room | undefined> {
  for (let path = folder; ; path = dirname(path)) {
    const space = await look(path).catch(() => undefined);
    if (space || path === dirname(path)) return space;
  }
}

/**
 * The clock against what it cannot be: earlier than this build, or than files that were written already. Platforms
 * refuse signatures of a wrong clock, and messages look stale.
 */
export async function checkClock(
  files: readonly string[],
  now = Date.now(),
  built = Date.parse(buildInfo.built),
): Promise<DoctorFinding> {
  const fix = 'set the clock, for example with "timedatectl set-ntp true"';
  if (built > now + minutes)
    return { area: 'clock', level: 'error', what: 'the clock is earlier than this program was built', fix };
  for (const file of files) {
    const info = await stat(file).catch(() => undefined);
    if (info && info.mtimeMs > now + 5 * minutes)
      return { area: 'clock', level: 'warning', what: `${file} was written in the future`, fix };
  }
  return { area: 'clock', level: 'ok', what: new Date(now).toISOString() };
}

export function checkRuntime(): DoctorFinding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const what = `cc-connect ${buildInfo.version} on Node ${process.versions.node}, ${process.platform} ${process.arch}`;
  const enough = major > 20 || (major === 20 && minor >= 19);
  return {
    area: 'program',
    level: enough ? 'ok' : 'error',
    what,
    fix: 'install Node 20.19 or newer',
  };
}
