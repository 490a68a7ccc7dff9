/** One writer at a time per config file, in this process and across processes. */
import { open, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../core/errors.ts';

/** An edit takes milliseconds; a lock file older than this was left by a process that died. */
const STALE_MS = 10_000;
const RETRY_MS = 25;
const GIVE_UP_MS = 15_000;

const queues = new Map<string, Promise<unknown>>();

/**
 * Runs `work` when no other edit of `path` runs. Throws `AppError`: `config_locked` when the lock stays taken,
 * `config_unwritable` when the file system refuses.
 */
export function withEditLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = queues.get(path) ?? Promise.resolve();
  const run = before
    .then(() => withLockFile(`${path}.lock`, work))
    .catch((error: unknown) => refuse(path, error));
  // A failed edit must not fail the ones behind it; its own caller sees the error through `run`.
  const settled = run.then(
    () => undefined,
    () => undefined,
  );
  queues.set(path, settled);
  void settled.then(() => {
    if (queues.get(path) === settled) queues.delete(path);
  });
  return run;
}

/** Errors of the file system get a name and advice; all others pass. */
function refuse(path: string, error: unknown): never {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof AppError || syscall === undefined) throw error;
  throw new AppError('config_unwritable', `cannot change ${path} (${code ?? 'unknown error'})`, {
    kind: code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'permission' : 'unavailable',
    advice: 'check the folder: its owner, its mode and the free space',
    cause: error,
  });
}

async function withLockFile<T>(lock: string, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + GIVE_UP_MS;
  while (!(await take(lock))) {
    if (Date.now() > deadline) {
      throw new AppError('config_locked', `another process is changing the config (${lock})`, {
        kind: 'conflict',
        advice: 'try again; if nothing else runs, delete that file',
      });
    }
    await sleep(RETRY_MS);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx', 0o600);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const left = await stat(lock).catch(() => undefined); // gone in between: free
    if (left && Date.now() - left.mtimeMs > STALE_MS) await rm(lock, { force: true });
    return false;
  }
}
