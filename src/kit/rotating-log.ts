import { appendFileSync, mkdirSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where a log goes and how much of it is kept. */
export interface RotatingLogOptions {
  path: string;
  /** A file that has reached this many bytes is set aside. */
  maxBytes: number;
  /** Files kept beside the current one: `path.1` (newest) … `path.N`. @default 3 */
  backups?: number;
  /** The disk refuses; told once until it works again. Lines that do not fit in memory meanwhile are dropped. */
  onError?: (error: unknown) => void;
}

/** Unwritten text above which lines are dropped rather than held. */
const MAX_PENDING_CHARS = 8 * 1024 * 1024;

/**
 * A log file that rotates by size, as a stream for `pino.multistream`. Writing
 * never blocks: lines gather and go out in one append at a time.
 */
export class RotatingLog {
  readonly #options: Required<RotatingLogOptions>;
  #pending: string[] = [];
  #pendingChars = 0;
  #dropped = 0;
  #handle: FileHandle | undefined;
  #size = 0;
  #writing: Promise<void> | undefined;
  #failing = false;
  #closed = false;

  constructor(options: RotatingLogOptions) {
    this.#options = { backups: 3, onError: () => undefined, ...options };
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
  }

  /** Takes a line with its newline. Ignored after `close`. */
  write(line: string): void {
    if (this.#closed) return;
    if (this.#pendingChars + line.length > MAX_PENDING_CHARS) {
      this.#dropped++;
      return;
    }
    this.#pending.push(line);
    this.#pendingChars += line.length;
    this.#writing ??= this.#drain();
  }

  /** Resolves when everything taken so far is in the file, or was refused by the disk. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** For the last words of a dying process: writes what is pending at once. */
  flushSync(): void {
    if (this.#pending.length > 0) appendFileSync(this.#options.path, this.#take(), { mode: 0o600 });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #drain(): Promise<void> {
    // A turn later, so that the lines of one burst go out together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0) {
      const text = this.#take();
      try {
        await this.#append(text);
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) this.#options.onError(error);
        this.#failing = true;
      }
    }
    this.#writing = undefined;
  }

  #take(): string {
    if (this.#dropped > 0) this.#pending.push(`{"level":40,"msg":"${this.#dropped} log lines dropped"}\n`);
    const text = this.#pending.join('');
    this.#pending = [];
    this.#pendingChars = 0;
    this.#dropped = 0;
    return text;
  }

  async #append(text: string): Promise<void> {
    if (this.#handle !== undefined && this.#size >= this.#options.maxBytes) await this.#rotate();
    const handle = (this.#handle ??= await this.#open());
    if (this.#size >= this.#options.maxBytes) {
      await this.#rotate();
      return this.#append(text);
    }
    const { bytesWritten } = await handle.write(text);
    this.#size += bytesWritten;
  }

  async #open(): Promise<FileHandle> {
    const handle = await open(this.#options.path, 'a', 0o600);
    this.#size = (await handle.stat()).size;
    return handle;
  }

  async #rotate(): Promise<void> {
    const { path, backups } = this.#options;
    const old = this.#handle;
    this.#handle = undefined;
    this.#size = 0;
    await old?.close();
    for (let number = backups; number > 0; number--) {
      const from = number === 1 ? path : `${path}.${number - 1}`;
      await rename(from, `${path}.${number}`).catch(ignoreMissing);
    }
    if (backups === 0) await rm(path, { force: true });
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
