import type { Database } from '../kit/sqlite.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';

/** A pause this long, in ms, is a good moment. */
const QUIET_MS = 50;
/** Changes (some pages each) that are worth a checkpoint in a pause, and those that do not wait for one. */
const WORTH_IT = 100;
const PRESSING = 1_000;

/**
 * Folds the write-ahead log back into the store's file when nobody waits for a commit. SQLite by itself does so within
 * the commit that fills a thousand pages: under load every few dozen messages one waited for all those pages.
 */
export class Checkpoints {
  readonly #db: Database;
  readonly #log: Pick<WriteAheadLog, 'makeRoom' | 'settle'> | undefined;
  readonly #failed: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #changes = 0;
  #failing = false;

  /** `failed`: the log keeps everything and grows meanwhile; it is tried again. */
  constructor(
    db: Database,
    log: Pick<WriteAheadLog, 'makeRoom' | 'settle'> | undefined,
    failed: (error: unknown) => void,
  ) {
    this.#db = db;
    this.#log = log;
    this.#failed = failed;
    db.pragma('wal_autocheckpoint = 0');
    this.#timer = setTimeout(() => this.#pause(), QUIET_MS).unref();
  }

  /** So many changes have been committed, and whoever waited for them has been told. */
  committed(changes: number): void {
    this.#changes += changes;
    // While it fails only pauses try it: no commit waits for that again and again.
    if (this.#changes >= PRESSING && !this.#failing) this.#fold();
    else this.#timer.refresh();
  }

  /** SQLite folds what is left when the file is closed. */
  close(): void {
    clearTimeout(this.#timer);
  }

  /** @throws when the disk refuses a sync, as a commit does */
  #pause(): void {
    this.#log?.settle();
    if (this.#changes >= WORTH_IT) this.#fold(() => this.#log?.makeRoom());
  }

  /** `also`: more to do where nobody waits. */
  #fold(also?: () => void): void {
    try {
      // Takes what no reader needs any more; the rest waits for the next time.
      this.#db.pragma('wal_checkpoint(PASSIVE)');
      also?.();
      this.#changes = 0;
      this.#failing = false;
    } catch (error) {
      // Told once, however often it is tried.
      if (!this.#failing) this.#failed(error);
      this.#failing = true;
    }
  }
}
