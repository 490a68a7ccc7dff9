import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../core/errors.ts';
import { openSqlite } from '../kit/sqlite.ts';

export interface HeldLock {
  release(): void;
}

/**
 * An exclusive lock on a file that dies with the process: SQLite's own file lock, held by an open transaction.
 * The holder's pid is written beside it (`<path>.pid`) for messages and `--force`.
 * @throws AppError `already_running`
 */
export function acquireLock(path: string, what: string): HeldLock {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Never opened and closed here where it may be locked: that would end a lock of this very process.
  if (existsSync(path)) chmodSync(path, 0o600);
  else writeFileSync(path, '', { mode: 0o600 });
  const db = openSqlite(path, { timeout: 0 });
  try {
    db.pragma('journal_mode = DELETE');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (!isBusy(error))
      throw new AppError(
        'lock_failed',
        `cannot lock ${path}: ${error instanceof Error ? error.message : String(error)}`,
        { kind: 'permission', cause: error },
      );
    const pid = lockHolder(path);
    throw new AppError(
      'already_running',
      `another cc-connect${pid ? ` (pid ${pid})` : ''} is using ${what}`,
      {
        kind: 'conflict',
        advice: 'stop it first, or start with --force to replace it',
      },
    );
  }
  writeFileSync(`${path}.pid`, `${process.pid}\n`, { mode: 0o600 });
  return {
    release() {
      if (!db.open) return;
      db.exec('ROLLBACK');
      db.close();
    },
  };
}

/** Where the instances with one config file exclude each other. */
export function configLockPath(configFile: string): string {
  return join(dirname(configFile), `.${basename(configFile)}.lock`);
}

/** The pid that holds a lock at this moment. */
export function heldBy(path: string): number | undefined {
  if (!existsSync(path)) return undefined;
  const db = openSqlite(path, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
    db.exec('ROLLBACK');
    return undefined;
  } catch (error) {
    if (isBusy(error)) return lockHolder(path);
    throw error;
  } finally {
    db.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}

/** The pid that holds, or last held, a lock. */
export function lockHolder(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(`${path}.pid`, 'utf8').trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined; // no pid file: nobody has held it yet
  }
}
