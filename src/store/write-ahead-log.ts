import { closeSync, fdatasyncSync, fstatSync, openSync, writeSync } from 'node:fs';

/** Bytes a log has once it is in use: two hundred changes. A load without pauses makes it longer by itself. */
const ROOM = 8 * 1024 * 1024;
const STEP = 64 * 1024;
/** How long, in ms, a commit that nobody waits for may wait for a sync while no other commit needs one. */
const OWED_MS = 250;

/**
 * Puts on disk what SQLite has written to its write-ahead log: `synchronous=FULL` of our own. SQLite calls `fsync` on a
 * file that grows with every commit, so each commit also waits for the file system's journal, and with it for whatever
 * other programs have in there. Here the log has its length already and only its data is waited for.
 * The format allows for both: what stands behind the last commit of a log is never looked at
 * (sqlite.org/fileformat2.html#walformat), and a commit is valid by its checksums, not by the time it was synced.
 */
export class WriteAheadLog {
  readonly #file: number;
  #owedSince: number | undefined;

  /** `path`: of the database, which this thread has open in WAL mode. */
  constructor(path: string) {
    this.#file = openSync(`${path}-wal`, 'r+');
  }

  /** What has been committed survives a power loss from here on. */
  sync(): void {
    fdatasyncSync(this.#file);
    this.#owedSince = undefined;
  }

  /**
   * What has been committed survives a crash of the process, and a power loss from the next sync on, which is not far:
   * nobody waits for it, and a commit that somebody does wait for would have to wait for this sync, too. The log is
   * read in order, so what comes later is never there without it.
   */
  owe(): void {
    this.#owedSince ??= performance.now();
    if (performance.now() - this.#owedSince >= OWED_MS) this.sync();
  }

  /** Pays what is owed. */
  settle(): void {
    if (this.#owedSince !== undefined) this.sync();
  }

  /** Gives the log its length: only behind what is there, and by the thread that writes it. Takes some ms, once. */
  makeRoom(): void {
    let at = fstatSync(this.#file).size;
    if (at >= ROOM) return;
    const zeros = Buffer.alloc(STEP);
    while (at < ROOM) at += writeSync(this.#file, zeros, 0, Math.min(STEP, ROOM - at), at);
    fdatasyncSync(this.#file);
  }

  /** Before the database is closed, which may remove the log. */
  close(): void {
    closeSync(this.#file);
  }
}
