import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { compareStamps, record, stamp, timeOf } from './wire.ts';

const PLACES_KEPT = 500;
const WRITE_MS = 500;
/** Places that were quiet for this long are not looked at any more. */
const OLD_MS = 30 * 24 * 3_600_000;

/** A channel, or a thread in one, and the newest message of it that is stored. */
export interface SeenPlace {
  readonly chat: string;
  readonly thread: string | undefined;
  readonly ts: string;
}

/**
 * How far each known place was read, in a small file: where to go on after downtime. Written behind the commit, so
 * that a kill only makes us read something twice.
 */
export class SeenPlaces {
  readonly #file: string;
  readonly #log: Log;
  readonly #places = new Map<string, string>();
  /** Places that are not advanced until they were read again, by the number of their newest hold. */
  readonly #held = new Map<string, number>();
  #holds = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #loading: Promise<void> | undefined;

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  load(): Promise<void> {
    this.#loading ??= this.#read();
    return this.#loading;
  }

  knows(chat: string, thread?: string): boolean {
    return this.#places.has(nameOf(chat, thread));
  }

  /** A message is stored, or is none of ours: all before it were dealt with. */
  advance(chat: string, thread: string | undefined, ts: string): void {
    const name = nameOf(chat, thread);
    const known = this.#places.get(name);
    if (this.#held.has(name) || (known !== undefined && compareStamps(ts, known) <= 0)) return;
    this.#set(name, ts);
  }

  /**
   * Keeps the place where it is until it is read again, right before the message if it is new: a message could not be
   * stored, or those before it are not read yet.
   * @returns what `release` takes
   */
  hold(chat: string, thread: string | undefined, ts: string): number {
    const name = nameOf(chat, thread);
    if (!this.#places.has(name)) this.#set(name, before(ts));
    this.#held.set(name, ++this.#holds);
    return this.#holds;
  }

  /** The place has been read up to `ts`; held still if something else went wrong there meanwhile. */
  release({ chat, thread }: SeenPlace, hold: number, ts?: string): void {
    const name = nameOf(chat, thread);
    if (this.#held.get(name) !== hold) return;
    this.#held.delete(name);
    if (ts !== undefined) this.advance(chat, thread, ts);
  }

  /** All places, the most recent first. */
  places(): SeenPlace[] {
    const now = Date.now();
    return [...this.#places]
      .map(([name, ts]) => {
        const [chat = '', thread] = name.split('|');
        return { chat, thread, ts };
      })
      .filter(({ ts }) => now - timeOf(ts) < OLD_MS)
      .sort((a, b) => compareStamps(b.ts, a.ts));
  }

  /** Resolves when all is written. */
  async close(): Promise<void> {
    if (this.#timer) this.#write();
    await this.#writing;
  }

  #set(name: string, ts: string): void {
    const known = this.#places.delete(name);
    this.#places.set(name, ts);
    if (this.#places.size > PLACES_KEPT)
      for (const oldest of this.#places.keys()) if (this.#places.delete(oldest)) break;
    // What is said in a place nobody knows of would not be read after downtime.
    if (known) this.#timer ??= setTimeout(() => this.#write(), WRITE_MS).unref();
    else this.#write();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = JSON.stringify(Object.fromEntries(this.#places));
    this.#writing = this.#writing.then(async () => {
      try {
        await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
        await writeFile(`${this.#file}.new`, text, { mode: 0o600 });
        await rename(`${this.#file}.new`, this.#file);
      } catch (error) {
        // Without the file only the catching up after a restart knows less.
        this.#log.debug({ error: describeError(error) }, 'the list of seen messages cannot be written');
      }
    });
  }

  async #read(): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch {
      return; // the first start
    }
    try {
      for (const [name, ts] of Object.entries(record(JSON.parse(text)))) {
        const known = stamp(ts);
        if (known !== undefined && !this.#places.has(name)) this.#places.set(name, known);
      }
    } catch (error) {
      this.#log.debug({ error: describeError(error) }, 'the list of seen messages cannot be read');
    }
  }
}

const nameOf = (chat: string, thread: string | undefined): string =>
  thread === undefined ? chat : `${chat}|${thread}`;

/** The stamp right before this one. */
function before(ts: string): string {
  const [seconds = '0', count = '0'] = ts.split('.');
  const micros = Number(count);
  if (micros > 0) return `${seconds}.${String(micros - 1).padStart(count.length, '0')}`;
  return `${Number(seconds) - 1}.${'9'.repeat(count.length)}`;
}
