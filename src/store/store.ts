import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../core/errors.ts';
import { runtime } from '../kit/runtime.ts';
import { type Database, openSqlite } from '../kit/sqlite.ts';
import type { Failpoint } from './failpoint.ts';
import { pageCacheKib } from './page-cache.ts';
import type { TransactionArgs, TransactionName, TransactionResult } from './transactions.ts';
import type { FromWriter, ToWriter, WriteRequest, WriterData } from './writer.ts';

export interface StoreOptions {
  readonly path: string;
  /** `full` survives power loss; `normal` survives crashes of the process only, and is faster. */
  readonly durability: 'full' | 'normal';
  readonly failpoint?: Failpoint;
  /** How long a change waits for another program that holds the file. Default 5000. */
  readonly busyTimeoutMs?: number;
  /** Nothing is lost, but somebody should know: the log cannot be folded back into the file. */
  readonly trouble?: (message: string) => void;
  /** The writer has died: nothing can be stored any more until the file is opened again. */
  readonly lost?: (error: AppError) => void;
}

/** The writer passes small rows on: a large young generation would only keep memory from the system. */
const writerLimits = { maxYoungGenerationSizeMb: 4 };

/** How long a change that nobody waits for waits for others. */
const companyMs = 4;

/**
 * `awaited`: somebody waits for the change to be on disk. `in_company`: nobody does, so it may wait a few milliseconds
 * for a change that somebody waits for, and share its commit; committed without such company it survives the end of the
 * process, and a power loss with the next change that somebody waits for or a moment later.
 */
export type Urgency = 'awaited' | 'in_company';

interface Waiter {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * The daemon's state. Changes are named transactions, committed by one writer thread in the order of the calls;
 * calls made in one tick, or while a commit is on its way, share one commit. Reads use a connection of this thread.
 */
export class Store {
  private readonly worker: Worker;
  private readonly reader: Database;
  private readonly options: StoreOptions;
  private readonly waiting = new Map<number, Waiter>();
  private batch: WriteRequest[] = [];
  /** The batch is about to be posted, or waits for company until then. */
  private posting = false;
  private timer: NodeJS.Timeout | undefined;
  private nextId = 1;
  private broken: AppError | undefined;
  private closed: Promise<void> | undefined;
  private onClosed: (() => void) | undefined;

  private constructor(worker: Worker, reader: Database, options: StoreOptions) {
    this.options = options;
    this.worker = worker;
    this.reader = reader;
    worker.on('message', (message: FromWriter) => this.receive(message));
    worker.on('error', (error) => this.die(error));
    worker.on('exit', () => this.fail(new AppError('store_closed', 'the store is closed')));
  }

  /**
   * Opens, locks out damage, migrates.
   * @throws AppError `store_newer`, `store_damaged`, `store_open`
   */
  static async open(options: StoreOptions): Promise<Store> {
    const folder = dirname(options.path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    const nativeBinding = runtime().nativeBinding();
    const data: WriterData = {
      path: options.path,
      synced: options.durability === 'full',
      nativeBinding,
      busyTimeoutMs: options.busyTimeoutMs ?? 5000,
      failpoint: options.failpoint,
    };
    const source = runtime().workerSource('store-writer');
    const worker =
      source.kind === 'file'
        ? new Worker(source.url, { workerData: data, resourceLimits: writerLimits })
        : new Worker(source.code, { eval: true, workerData: data, resourceLimits: writerLimits });
    await opened(worker, options.path);
    for (const file of [options.path, `${options.path}-wal`, `${options.path}-shm`])
      if (existsSync(file)) chmodSync(file, 0o600);
    const reader = openSqlite(options.path, { readonly: true });
    reader.pragma(`cache_size = ${pageCacheKib}`);
    return new Store(worker, reader, options);
  }

  /**
   * Resolves when the change is stored, as safely as its urgency says. Rejects with AppError when nothing of it was written.
   */
  commit<N extends TransactionName>(
    name: N,
    args: TransactionArgs<N>,
    urgency: Urgency = 'awaited',
  ): Promise<TransactionResult<N>> {
    if (this.broken) return Promise.reject(this.broken);
    const id = this.nextId++;
    this.batch.push({ id, name, args, awaited: urgency === 'awaited' });
    if (urgency === 'awaited') this.postNow();
    else this.timer ??= setTimeout(() => this.post(), companyMs);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** Somebody waits now for what was to be committed in company. */
  hurry(): void {
    this.post();
  }

  /** The reading connection; callers prepare their statements once. */
  get read(): Database {
    return this.reader;
  }

  /** Caps the file to rehearse a full disk; 0 lifts the cap. Tests only. */
  limitPages(pages: number): void {
    this.worker.postMessage({ kind: 'limit', pages } satisfies ToWriter);
  }

  /** Writes what is waiting, then closes. */
  close(): Promise<void> {
    this.closed ??= new Promise<void>((resolve) => {
      this.onClosed = resolve;
      if (this.broken) return resolve();
      this.post();
      // The writer closes last: only then is the log folded back into the file.
      this.reader.close();
      this.worker.postMessage({ kind: 'close' } satisfies ToWriter);
    }).then(async () => {
      if (this.reader.open) this.reader.close();
      await this.worker.terminate();
    });
    return this.closed;
  }

  /** With everything else that is said in this tick. */
  private postNow(): void {
    if (this.posting) return;
    this.posting = true;
    queueMicrotask(() => this.post());
  }

  private post(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.posting = false;
    if (this.batch.length === 0) return;
    this.worker.postMessage({ kind: 'write', requests: this.batch } satisfies ToWriter);
    this.batch = [];
  }

  private receive(message: FromWriter): void {
    if (message.kind === 'closed') {
      this.broken = new AppError('store_closed', 'the store is closed');
      this.onClosed?.();
    }
    if (message.kind === 'trouble') this.options.trouble?.(message.message);
    if (message.kind !== 'replies') return;
    for (const reply of message.replies) {
      const waiter = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      if (reply.ok) waiter?.resolve(reply.result);
      else waiter?.reject(writeError(reply.code, reply.message));
    }
  }

  private die(cause: Error): void {
    const error = new AppError('store_writer', `the store cannot be written any more: ${cause.message}`, {
      cause,
      advice: 'look at the disk and its free space, then start again; what was acknowledged is kept',
    });
    const first = this.broken === undefined;
    this.fail(error);
    if (first) this.options.lost?.(error);
  }

  private fail(error: AppError): void {
    this.broken ??= error;
    for (const waiter of this.waiting.values()) waiter.reject(this.broken);
    this.waiting.clear();
    this.onClosed?.();
  }
}

function opened(worker: Worker, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('message', (message: FromWriter) => {
      if (message.kind === 'ready') return resolve();
      const code = message.kind === 'failed' ? message.code : 'store_open';
      const text = message.kind === 'failed' ? message.message : 'no answer from the writer';
      reject(
        new AppError(code.startsWith('store_') ? code : 'store_open', `cannot open ${path}: ${text}`, {
          advice: openAdvice(code, path),
        }),
      );
    });
    worker.once('error', reject);
  });
}

function openAdvice(code: string, path: string): string {
  if (code === 'store_newer')
    return 'start the newer version of cc-connect again, or restore the backup beside the file';
  if (code === 'store_damaged' || code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB') {
    return `nothing was written; move ${path} away and restore a backup (*.bak beside it), or start with an empty store`;
  }
  return 'check that the folder exists, belongs to you and has space';
}

function writeError(code: string, message: string): AppError {
  if (code === 'SQLITE_FULL') {
    return new AppError('store_full', 'the disk is full, so nothing can be stored', {
      kind: 'unavailable',
      advice: 'free some space; it recovers by itself',
    });
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new AppError('store_busy', 'another program holds the store, so nothing can be stored', {
      kind: 'unavailable',
      advice: 'end what has state.db open; it recovers by itself',
    });
  }
  return new AppError('store_write', `the store refused a change: ${message} (${code})`, {
    kind: code.startsWith('SQLITE_IOERR') ? 'unavailable' : 'permanent',
  });
}
