import { copyFileSync, existsSync } from 'node:fs';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Database, openSqlite } from '../kit/sqlite.ts';
import { Checkpoints } from './checkpoints.ts';
import type { Failpoint } from './failpoint.ts';
import { migrations } from './migrations.ts';
import { pageCacheKib } from './page-cache.ts';
import { TableAccess } from './table-access.ts';
import { type TransactionName, transactions } from './transactions.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

export interface WriterData {
  readonly path: string;
  /** Whether a commit is on the disk when it is answered, or may still be in the system's memory. */
  readonly synced: boolean;
  readonly nativeBinding?: string;
  /** How long a commit waits for another program that holds the file. */
  readonly busyTimeoutMs: number;
  /** `name` or `name@before`, with the count after which the process kills itself: tests only. */
  readonly failpoint?: Failpoint;
}

export interface WriteRequest {
  readonly id: number;
  readonly name: TransactionName;
  readonly args: unknown;
  /** Somebody waits until it is on the disk. */
  readonly awaited: boolean;
}

export type WriteReply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };

export type FromWriter =
  | { readonly kind: 'ready'; readonly version: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'replies'; readonly replies: readonly WriteReply[] }
  /** The log could not be folded back into the file. */
  | { readonly kind: 'trouble'; readonly message: string }
  | { readonly kind: 'closed' };

export type ToWriter =
  | { readonly kind: 'write'; readonly requests: readonly WriteRequest[] }
  /** Caps the file's size in pages, to rehearse a full disk; 0 lifts the cap. */
  | { readonly kind: 'limit'; readonly pages: number }
  | { readonly kind: 'close' };

/** The writer thread: commits what has gathered as one transaction, then answers every caller. */
export function runWriter(): void {
  const port = parentPort;
  if (!port) throw new Error('the store writer runs in a worker thread only');
  const data = workerData as WriterData;
  let db: Database;
  let log: WriteAheadLog | undefined;
  try {
    db = openDatabase(data);
    if (data.synced) log = new WriteAheadLog(data.path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'store_open';
    port.postMessage({
      kind: 'failed',
      code,
      message: error instanceof Error ? error.message : String(error),
    } satisfies FromWriter);
    return;
  }
  port.postMessage({ kind: 'ready', version: migrations.length } satisfies FromWriter);
  serve(port, db, log, data);
}

function openDatabase(data: WriterData): Database {
  const existed = existsSync(data.path);
  const db = openSqlite(data.path, data.nativeBinding ? { nativeBinding: data.nativeBinding } : {});
  db.pragma('journal_mode = WAL');
  db.pragma('foreign_keys = ON');
  // With this one SQLite syncs around checkpoints only; commits are synced by `WriteAheadLog`.
  db.pragma('synchronous = NORMAL');
  db.pragma(`busy_timeout = ${data.busyTimeoutMs}`);
  db.pragma(`cache_size = ${pageCacheKib}`);
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > migrations.length) {
    throw Object.assign(
      new Error(`the store is of version ${version}, this program knows up to ${migrations.length}`),
      { code: 'store_newer' },
    );
  }
  if (existed && version > 0) {
    const check = db.pragma('quick_check(1)', { simple: true });
    if (check !== 'ok')
      throw Object.assign(new Error(`the store is damaged: ${String(check)}`), { code: 'store_damaged' });
  }
  if (existed && version > 0 && version < migrations.length) {
    db.pragma('wal_checkpoint(TRUNCATE)');
    copyFileSync(data.path, `${data.path}.v${version}.bak`);
  }
  for (let next = version; next < migrations.length; next += 1) {
    db.transaction(() => {
      db.exec(migrations[next] ?? '');
      db.pragma(`user_version = ${next + 1}`);
    })();
  }
  return db;
}

function serve(port: MessagePort, db: Database, log: WriteAheadLog | undefined, data: WriterData): void {
  const tables = new TableAccess(db);
  const checkpoints = new Checkpoints(db, log, (error) =>
    port.postMessage({
      kind: 'trouble',
      message: error instanceof Error ? error.message : String(error),
    } satisfies FromWriter),
  );
  const failpoint = strikeOf(data);
  let waiting: WriteRequest[] = [];

  port.on('message', (message: ToWriter) => {
    if (message.kind === 'write') {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push(...message.requests);
    } else if (message.kind === 'limit') {
      db.pragma(`max_page_count = ${message.pages === 0 ? 1_073_741_823 : message.pages}`);
    } else {
      if (waiting.length > 0) flush();
      checkpoints.close();
      // Another program that reads the file keeps SQLite from folding the log now.
      log?.settle();
      log?.close();
      db.close();
      port.postMessage({ kind: 'closed' } satisfies FromWriter);
      port.close();
    }
  });

  function flush(): void {
    const requests = waiting;
    waiting = [];
    if (requests.length === 0) return;
    port.postMessage({
      kind: 'replies',
      replies: commit(db, log, tables, requests, failpoint),
    } satisfies FromWriter);
    checkpoints.committed(requests.length);
  }
}

/**
 * One transaction for all; a request that fails takes back its own changes only.
 * @throws when the disk refuses the sync: nobody knows then what of the commit is on it, so the thread ends
 */
function commit(
  db: Database,
  log: WriteAheadLog | undefined,
  tables: TableAccess,
  requests: readonly WriteRequest[],
  failpoint: (r: readonly WriteRequest[], when: '' | '@before') => void,
): readonly WriteReply[] {
  const replies: WriteReply[] = [];
  try {
    tables.statement('BEGIN IMMEDIATE').run();
    const [alone] = requests.length === 1 ? requests : [];
    // It needs no way back of its own.
    if (alone) replies.push(runAlone(tables, alone));
    else for (const request of requests) replies.push(runOne(db, tables, request));
    failpoint(requests, '@before');
    tables.statement('COMMIT').run();
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    return requests.map(({ id }) => failure(id, error));
  }
  if (requests.some(({ awaited }) => awaited)) log?.sync();
  else log?.owe();
  failpoint(requests, '');
  return replies;
}

/** @throws what the request fails with */
function runAlone(tables: TableAccess, request: WriteRequest): WriteReply {
  const run = transactions[request.name] as (t: TableAccess, args: unknown) => unknown;
  return { id: request.id, ok: true, result: run(tables, request.args) };
}

function runOne(db: Database, tables: TableAccess, request: WriteRequest): WriteReply {
  tables.statement('SAVEPOINT one').run();
  try {
    const reply = runAlone(tables, request);
    tables.statement('RELEASE one').run();
    return reply;
  } catch (error) {
    // A full disk may have ended the whole transaction: then nobody's change is safe.
    if (!db.inTransaction) throw error;
    db.exec('ROLLBACK TO one; RELEASE one');
    return failure(request.id, error);
  }
}

function failure(id: number, error: unknown): WriteReply {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'store_write';
  return { id, ok: false, code, message: error instanceof Error ? error.message : String(error) };
}

function strikeOf(data: WriterData): (requests: readonly WriteRequest[], when: '' | '@before') => void {
  const point = data.failpoint;
  if (!point) return () => {};
  let seen = 0;
  return (requests, when) => {
    for (const request of requests) {
      if (request.name + when !== point.name) continue;
      seen += 1;
      if (seen === point.nth) process.kill(process.pid, 'SIGKILL');
    }
  };
}
