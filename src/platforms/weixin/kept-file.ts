import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';

/** A small text file that is replaced as a whole. The newest text wins; a crash leaves the old or the new one. */
export class KeptFile {
  readonly #path: string;
  readonly #log: Log;
  #waiting: string | undefined;
  #writing: Promise<void> | undefined;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** Undefined when there is none. An unreadable one is told in the log and counts as none. */
  async read(): Promise<string | undefined> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#log.warn({ file: this.#path, error: describeError(error) }, 'a file of weixin cannot be read');
      return undefined;
    }
  }

  /** Resolves when this text or a newer one is on disk, or the log says why not. */
  write(text: string): Promise<void> {
    this.#waiting = text;
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  async #drain(): Promise<void> {
    while (this.#waiting !== undefined) {
      const text = this.#waiting;
      this.#waiting = undefined;
      try {
        await this.#replace(text);
      } catch (error) {
        // What it holds is known in memory, and what is lost by a crash now comes again or is asked anew.
        this.#log.warn(
          { file: this.#path, error: describeError(error) },
          'a file of weixin cannot be written',
        );
      }
    }
  }

  async #replace(text: string): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const part = `${this.#path}.part`;
    const file = await open(part, 'w', 0o600);
    try {
      await file.writeFile(text, 'utf8');
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, this.#path);
  }
}
