import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import { AppError } from '../core/errors.ts';
import { runtime } from './runtime.ts';

export type Database = BetterSqlite3.Database;
export type Statement = BetterSqlite3.Statement;

export interface SqliteOptions {
  readonly readonly?: boolean;
  /** ms to wait for a lock; 5000 if unset. */
  readonly timeout?: number;
  /** File of the addon, where the caller's thread has no runtime of its own to ask. */
  readonly nativeBinding?: string;
}

/** Replaced by the build of the single executable with the package it carries. */
declare const __CC_SQLITE__: (() => typeof BetterSqlite3) | undefined;

/**
 * better-sqlite3 13 speaks Node-API and brings its addon along, but needs Node 22; 12 is compiled for one Node and, built
 * with the headers of Node 24.19 and later, aborts when an idle statement is collected.
 */
const PACKAGES = { current: 'better-sqlite3-napi', node20: 'better-sqlite3' } as const;

let loaded: typeof BetterSqlite3 | undefined;

/**
 * Opens a SQLite file, creating it unless `readonly`.
 * @throws AppError `sqlite_missing` when no addon is installed; SQLite's own error when the file cannot be opened
 */
export function openSqlite(path: string, options: SqliteOptions = {}): Database {
  loaded ??= load();
  const { nativeBinding = runtime().nativeBinding(), ...rest } = options;
  return new loaded(path, nativeBinding === undefined ? rest : { ...rest, nativeBinding });
}

/** Reads another program's database, which is never written; `nothing` when the file is not there. */
export async function readSqlite<T>(path: string, nothing: T, use: (database: Database) => T): Promise<T> {
  if (!(await stat(path).catch(() => undefined))?.isFile()) return nothing;
  const database = openSqlite(path, { readonly: true });
  try {
    return use(database);
  } finally {
    database.close();
  }
}

function load(): typeof BetterSqlite3 {
  if (typeof __CC_SQLITE__ === 'function') return __CC_SQLITE__();
  const require = createRequire(import.meta.url);
  const old = Number(process.versions.node.split('.')[0]) < 22;
  const name = old ? PACKAGES.node20 : PACKAGES.current;
  try {
    return require(name);
  } catch (error) {
    throw new AppError('sqlite_missing', `the SQLite addon (${name}) cannot be loaded: ${String(error)}`, {
      kind: 'unavailable',
      advice: old
        ? `install python3, make and g++, then run "${compilingInstall()}" again; or use Node 22 or newer, which needs none of them`
        : 'run "npm ci" again, without --omit=optional',
      cause: error,
    });
  }
}

/** The compiler looks for Node's headers on the network, unless it is told that they came with Node. */
function compilingInstall(): string {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include', 'node', 'node.h')) ? `npm ci --nodedir=${prefix}` : 'npm ci';
}
