import { appendFile, mkdir, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../../core/platform.ts';

const IDS_PER_CHAT = 300;
const CHATS_KEPT = 5000;
const FLOORS_KEPT = 2000;
const FILE_BYTES = 1024 * 1024;

/**
 * Which message ids are known, and which was the newest before each unanswered send. Telegram has no idempotency
 * key, so this is what finding a lost send rests on. A small file remembers it over restarts; it is a hint and never
 * waited for on the message path.
 */
export class SentLedger {
  readonly #file: string;
  readonly #log: Log;
  readonly #known = new Map<string, Set<number>>();
  readonly #newest = new Map<string, number>();
  readonly #floors = new Map<string, number>();
  readonly #answered = new Map<string, { readonly chat: string; readonly message: number }>();
  #lines = '';
  #written = 0;
  #writing: Promise<void> | undefined;

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  /** Reads what earlier runs left; a missing file is a fresh start. */
  async load(): Promise<void> {
    for (const file of [`${this.#file}.old`, this.#file]) {
      const text = await readFile(file, 'utf8').catch((error: unknown) => this.#quiet(error, 'read'));
      for (const line of (text ?? '').split('\n')) this.#replay(line);
    }
  }

  /** A person's message was seen. */
  seen(chat: string, message: number): void {
    this.#remember(chat, message);
  }

  /** The send with this key made this message. */
  sent(chat: string, message: number, key: string): void {
    this.#remember(chat, message);
    this.#setAnswered(key, chat, message);
    this.#floors.delete(key);
    this.#append(`m ${chat} ${message} ${key}`);
  }

  /** The message that a send with this key made, if its answer came: even one from before a crash. */
  answered(key: string): { readonly chat: string; readonly message: number } | undefined {
    return this.#answered.get(key);
  }

  /** A send begins: whatever it makes will have an id above the newest one known now. */
  begin(chat: string, key: string, hint: number | undefined): void {
    if (this.#floors.has(key)) return; // a repeat: the first attempt may be the one that arrived
    const floor = Math.max(this.#newest.get(boxOf(chat)) ?? 0, hint ?? 0);
    if (floor === 0) return;
    this.#setFloor(key, floor);
    this.#append(`f ${floor} ${key}`);
  }

  /** The send was refused for certain: no message came of it. */
  refused(key: string): void {
    this.#floors.delete(key);
  }

  /** The id that is certainly below the one this send made; undefined when nothing is known. */
  floor(key: string): number | undefined {
    return this.#floors.get(key);
  }

  newest(chat: string): number {
    return this.#newest.get(boxOf(chat)) ?? 0;
  }

  isKnown(chat: string, message: number): boolean {
    return this.#known.get(chat)?.has(message) ?? false;
  }

  /** Resolves when what was noted so far is in the file. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #remember(chat: string, message: number): void {
    const box = boxOf(chat);
    if (message > (this.#newest.get(box) ?? 0)) this.#newest.set(box, message);
    let ids = this.#known.get(chat);
    if (!ids) {
      ids = new Set();
      this.#known.set(chat, ids);
      dropFirst(this.#known, CHATS_KEPT);
    }
    ids.add(message);
    if (ids.size > IDS_PER_CHAT) for (const id of ids) if (ids.delete(id)) break;
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
    const begun = /^f (\d+) (.+)$/.exec(line);
    if (begun?.[1] && begun[2]) this.#setFloor(begun[2], Number(begun[1]));
  }

  #append(line: string): void {
    this.#lines += `${line}\n`;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 }).catch((error) =>
      this.#quiet(error, 'make'),
    );
    while (this.#lines !== '') {
      const lines = this.#lines;
      this.#lines = '';
      await appendFile(this.#file, lines, { mode: 0o600 }).catch((error) => this.#quiet(error, 'write'));
      this.#written += lines.length;
      if (this.#written < FILE_BYTES) continue;
      this.#written = 0;
      await rename(this.#file, `${this.#file}.old`).catch((error) => this.#quiet(error, 'rotate'));
    }
  }

  /** Without the file only probes after a restart know less, so the chat goes on. */
  #quiet(error: unknown, step: string): undefined {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT') this.#log.debug({ step, code }, 'the list of sent ids is not usable');
    return undefined;
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
