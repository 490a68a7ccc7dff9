import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../core/errors.ts';
import { identityText, parseIdentity } from '../kit/process/identity-text.ts';
import type { ProcessIdentity } from '../kit/process/process-table.ts';
import { openSqlite } from '../kit/sqlite.ts';

export interface HeldLock {
  release(): void;
}

/**
 * An exclusive lock on a file that dies with the process: SQLite's own file lock, held by an open transaction.
 * Which process holds it is written beside it (`<path>.pid`) for messages and `--force`.
 * @throws AppError `already_running`
 */
export async function acquireLock(path: string, what: string): Promise<HeldLock> {
  const self = await identityText();
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
    const pid = lockHolder(path)?.pid;
    throw new AppError(
      'already_running',
      `another cc-connect${pid ? ` (pid ${pid})` : ''} is using ${what}`,
      {
        kind: 'conflict',
        advice: 'stop it first, or start with --force to replace it',
      },
    );
  }
  writeFileSync(`${path}.pid`, self, { mode: 0o600 });
  return {
    release() {
      if (!db.open) return;
      db.exec('ROLLBACK');
      db.close();
    },
  };
}

/** Where the instances with one data directory exclude each other. */
export function dataLockPath(dataDir: string): string {
  return join(dataDir, 'run', 'daemon.lock');
}

/** Where the instances with one config file exclude each other. */
export function configLockPath(configFile: string): string {
  return join(dirname(configFile), `.${basename(configFile)}.lock`);
}

/** Whether another process holds a lock at this moment, be it only to ask the same. */
export function isLocked(path: string): boolean {
  if (!existsSync(path)) return false;
  const db = openSqlite(path, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
    db.exec('ROLLBACK');
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    db.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}

/** The process that holds, or last held, a lock; its pid may be one of another namespace. */
export function lockHolder(path: string): ProcessIdentity | undefined {
  try {
    return parseIdentity(readFileSync(`${path}.pid`, 'utf8'));
  } catch {
    return undefined; // no pid file: nobody has held it yet
  }
}
