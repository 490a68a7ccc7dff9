import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';

const IDS_PER_BOX = 5000;
const BOXES_KEPT = 1000;
const FLOORS_KEPT = 2000;
const FILE_BYTES = 256 * 1024;

/**
 * Which message ids are known, and which was the newest before each unanswered send. Telegram has no idempotency
 * key, so this is what finding a lost send rests on. A small file, written before a send begins and after its answer,
 * remembers it over a kill: a message of ours whose owner was forgotten could be mistaken for the lost one.
 */
export class SentLedger {
  readonly #file: string;
  readonly #log: Log;
  readonly #known = new Map<string, Set<number>>();
  readonly #newest = new Map<string, number>();
  readonly #floors = new Map<string, number>();
  readonly #answered = new Map<string, { readonly chat: string; readonly message: number }>();
  readonly #lostAt = new Map<string, number>();
  readonly #startedAt = performance.now();
  #loading: Promise<void> | undefined;
  #closed = false;
  #whole = false;
  #lines = '';
  #written = 0;
  #handle: FileHandle | undefined;
  #writing: Promise<void> | undefined;
  /** The write that takes the lines gathered now. */
  #next: Promise<void> | undefined;

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  /** Reads what earlier runs left, once; a missing file is a fresh start. */
  load(): Promise<void> {
    this.#loading ??= this.#read();
    return this.#loading;
  }

  async #read(): Promise<void> {
    for (const file of [`${this.#file}.old`, this.#file]) {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT')
          this.#log.debug({ code: error.code }, 'the list of sent messages cannot be read');
        return undefined;
      });
      if (file === this.#file) this.#whole = text !== undefined;
      for (const line of (text ?? '').split('\n')) this.#replay(line);
    }
    // It exists from now on, so that a missing one means that notes were lost.
    await this.#append('');
  }

  /** A person's message was seen. */
  seen(chat: string, message: number): void {
    this.#remember(chat, message);
    void this.#append(`s ${chat} ${message}`);
  }

  /** The send with this key made this message. Resolves when a killed process would still remember it. */
  sent(chat: string, message: number, key: string): Promise<void> {
    this.#remember(chat, message);
    this.#setAnswered(key, chat, message);
    this.#floors.delete(key);
    return this.#append(`m ${chat} ${message} ${key}`);
  }

  /** The message that a send with this key made, if its answer came: even one from before a crash. */
  answered(key: string): { readonly chat: string; readonly message: number } | undefined {
    return this.#answered.get(key);
  }

  /**
   * A send begins: whatever it makes will have an id above the newest one known now, and above `hint`. Resolves when
   * a killed process would still remember that.
   */
  async begin(chat: string, key: string, hint: number | undefined): Promise<void> {
    if (this.#floors.has(key)) return; // a repeat: the first attempt may be the one that arrived
    const floor = Math.max(this.#newest.get(boxOf(chat)) ?? 0, hint ?? 0);
    this.#setFloor(key, floor);
    await this.#append(`f ${floor} ${key}`);
  }

  /** The send was refused for certain: no message came of it. */
  refused(key: string): void {
    this.#floors.delete(key);
  }

  /** The send ended without an answer. */
  lost(key: string): void {
    this.#lostAt.set(key, performance.now());
    dropFirst(this.#lostAt, FLOORS_KEPT);
  }

  /** ms since the send ended without an answer; since our own start if that was another process. */
  sinceLost(key: string): number {
    return performance.now() - (this.#lostAt.get(key) ?? this.#startedAt);
  }

  /** The id that is certainly below the one this send made, 0 when none was known; undefined: no such send. */
  floor(key: string): number | undefined {
    return this.#floors.get(key);
  }

  /** Whether a send without a note was never begun; false when earlier notes were lost. */
  get whole(): boolean {
    return this.#whole;
  }

  newest(chat: string): number {
    return this.#newest.get(boxOf(chat)) ?? 0;
  }

  /** Whether this id has an owner: in this chat, or in another one that shares its row of ids. */
  isKnown(chat: string, message: number): boolean {
    return this.#known.get(boxOf(chat))?.has(message) ?? false;
  }

  /** Resolves when all is written and the file is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.#handle?.close();
    this.#handle = undefined;
  }

  #remember(chat: string, message: number): void {
    const box = boxOf(chat);
    if (message > (this.#newest.get(box) ?? 0)) this.#newest.set(box, message);
    let ids = this.#known.get(box);
    if (!ids) {
      ids = new Set();
      this.#known.set(box, ids);
      dropFirst(this.#known, BOXES_KEPT);
    }
    ids.add(message);
    if (ids.size > IDS_PER_BOX) for (const id of ids) if (ids.delete(id)) break;
  }

  #setFloor(key: string, floor: number): void {
    this.#floors.set(key, floor);
    dropFirst(this.#floors, FLOORS_KEPT);
  }

  #setAnswered(key: string, chat: string, message: number): void {
    this.#answered.set(key, { chat, message });
    dropFirst(this.#answered, FLOORS_KEPT);
  }

  #replay(line: string): void {
    const made = /^m (-?\d+) (\d+) (.+)$/.exec(line);
    if (made?.[1] && made[2] && made[3]) {
      this.#remember(made[1], Number(made[2]));
      this.#setAnswered(made[3], made[1], Number(made[2]));
      this.#floors.delete(made[3]);
    }
    const seen = /^s (-?\d+) (\d+)$/.exec(line);
    if (seen?.[1] && seen[2]) this.#remember(seen[1], Number(seen[2]));
    const begun = /^f (\d+) (.+)$/.exec(line);
    if (begun?.[1] && begun[2]) this.#setFloor(begun[2], Number(begun[1]));
  }

  /** Resolves when the line is in the file, where a killed process leaves it, or when that failed. */
  #append(line: string): Promise<void> {
    if (this.#closed) return Promise.resolve();
    if (line !== '') this.#lines += `${line}\n`;
    if (this.#next) return this.#next;
    const before = this.#writing ?? Promise.resolve();
    const writing = before.then(() => {
      this.#next = undefined;
      return this.#write();
    });
    this.#next = writing;
    this.#writing = writing;
    return writing;
  }

  async #write(): Promise<void> {
    const lines = this.#lines;
    this.#lines = '';
    try {
      this.#handle ??= await this.#open();
      await this.#handle.appendFile(lines);
      this.#written += lines.length;
      if (this.#written > FILE_BYTES) await this.#rotate();
    } catch (error) {
      // Without the file only probes after a restart know less, so the chat goes on.
      this.#log.debug({ error: describeError(error) }, 'the list of sent messages cannot be written');
    }
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    const handle = await open(this.#file, 'a', 0o600);
    this.#written = (await handle.stat()).size;
    return handle;
  }

  async #rotate(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    await rename(this.#file, `${this.#file}.old`);
  }
}

function dropFirst<K, V>(map: Map<K, V>, limit: number): void {
  if (map.size <= limit) return;
  const first = map.keys().next();
  if (!first.done) map.delete(first.value);
}

/** Supergroups count their messages themselves; all other chats of an account share one row of ids. */
function boxOf(chat: string): string {
  return chat.startsWith('-100') ? chat : 'account';
}
