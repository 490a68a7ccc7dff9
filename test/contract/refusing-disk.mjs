// Loaded into a daemon before its program: from SIGUSR2 on, the store's log cannot be synced any more.
import { closeSync, constants, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread)
  process.on('SIGUSR2', () => {
    for (const fd of syncedOnes()) closeSync(fd);
  });

/** SQLite opens its files so that they are not found through links; the one that is synced by its owner is not. */
function syncedOnes() {
  return readdirSync('/proc/self/fd').filter(isSynced).map(Number);
}

function isSynced(fd) {
  try {
    if (!readlinkSync(`/proc/self/fd/${fd}`).endsWith('state.db-wal')) return false;
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & constants.O_NOFOLLOW) === 0;
  } catch {
    return false; // the one that lists the folder
  }
}
