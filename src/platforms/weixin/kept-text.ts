import { readFile } from 'node:fs/promises';
import { describeError } from '../../core/errors.ts';
import type { Log, PlatformMemory } from '../../core/platform.ts';

/** Where texts were kept before the store had a place for them, by this daemon and by the Go cc-connect. */
export interface EarlierFile {
  /** Absolute path. */
  readonly path: string;
  readonly log: Log;
}

/** Its text; undefined when there is none. An unreadable file is told in the log and counts as none. */
export async function readEarlier({ path, log }: EarlierFile): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ file: path, error: describeError(error) }, 'a file of weixin cannot be read');
    return undefined;
  }
}

/** One small text that is remembered over a restart. The newest one wins. */
export class KeptText {
  readonly #memory: PlatformMemory;
  readonly #name: string;
  readonly #earlier: EarlierFile;
  #waiting: string | undefined;
  #writing: Promise<void> | undefined;

  constructor(memory: PlatformMemory, name: string, earlier: EarlierFile) {
    this.#memory = memory;
    this.#name = name;
    this.#earlier = earlier;
  }

  /** Undefined when there is none. */
  async read(): Promise<string | undefined> {
    return this.#memory.read(this.#name) ?? (await readEarlier(this.#earlier));
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
        await this.#memory.write(this.#name, text);
      } catch (error) {
        // What it holds is known in this process, and what is lost by a crash now comes again or is asked anew.
        this.#earlier.log.warn(
          { what: this.#name, error: describeError(error) },
          'weixin cannot be remembered',
        );
      }
    }
  }
}
