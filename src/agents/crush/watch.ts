import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { record, text, type Wire } from '../../kit/acp/wire.ts';
import { type Database, openSqlite } from '../../kit/sqlite.ts';
import type { TurnOutput } from '../../kit/turn-process/spec.ts';
import {
  lastRow,
  lastSessionBefore,
  type Message,
  messagesBehind,
  saidIn,
  sessionsBehind,
} from './database.ts';

const POLL_MS = 250;
const MAX_MESSAGES = 1_000;
/** What is kept of the printed answer, in bytes, for when the database tells none. */
const MAX_PRINTED = 8 * 1024 * 1024;

/** What is known of a turn before it begins. */
export interface TurnStart {
  /** `crush.db` as far as it is known: it need not exist yet, and the first run in a folder may choose another place. */
  path(): Promise<string>;
  readonly prompt: string;
  /** The conversation it goes on with. */
  readonly session: string | undefined;
  /** Takes a new conversation for this chat; false when it is another chat's. */
  claim(id: string): boolean;
}

/**
 * Reads what a turn writes into `crush.db`: the conversation's id, texts, thoughts, tools, and how it ended.
 * `crush run` itself prints only the words, without a seam between messages.
 */
export class TurnWatch {
  readonly #start: TurnStart;
  readonly #startedAt = Date.now();
  #path: string;
  /** Conversations and messages up to these rows are of earlier turns, or told. */
  #lastSession = 0;
  #lastMessage = 0;
  #database: Database | undefined;
  #session: string | undefined;
  /** Characters of a text that were told, and 1 for what is told whole, by message and kind. */
  readonly #told = new Map<string, number>();
  #spoke = false;

  private constructor(start: TurnStart, path: string) {
    this.#start = start;
    this.#path = path;
    this.#session = start.session;
    this.#read(undefined, (database) => {
      this.#lastSession = lastRow(database, 'sessions');
      this.#lastMessage = lastRow(database, 'messages');
    });
  }

  /** To be called before the program is started. */
  static async begin(start: TurnStart): Promise<TurnWatch> {
    return new TurnWatch(start, await start.path());
  }

  /** Whether words of the answer were told. */
  get spoke(): boolean {
    return this.#spoke;
  }

  /** Follows the database to where the program has made it, if that was not known before. */
  async locate(): Promise<void> {
    if (this.#session !== undefined) return;
    const path = await this.#start.path();
    if (path === this.#path) return;
    this.close();
    this.#path = path;
    this.#lastSession = this.#read(0, (database) => lastSessionBefore(database, this.#startedAt));
  }

  /** What is new, as lines for the reader. */
  look(): Wire[] {
    return this.#read([], (database) => {
      const known = this.#session;
      const session = known ?? this.#find(database);
      if (session === undefined) return [];
      this.#session = session;
      const messages = messagesBehind(database, session, this.#lastMessage, MAX_MESSAGES);
      const lines = messages.flatMap((message) => this.#linesOf(message));
      const open = messages.find((message) => !isComplete(message));
      this.#lastMessage = open === undefined ? (messages.at(-1)?.row ?? this.#lastMessage) : open.row - 1;
      return known === undefined ? [{ type: 'session', id: session }, ...lines] : lines;
    });
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  /** The new conversation that begins with our prompt. */
  #find(database: Database): string | undefined {
    const prompt = this.#start.prompt.trim();
    return sessionsBehind(database, this.#lastSession).find((id) => {
      const first = messagesBehind(database, id, 0, 10).find(({ role }) => role === 'user');
      return first !== undefined && saidIn(first).startsWith(prompt) && this.#start.claim(id);
    });
  }

  #linesOf(message: Message): Wire[] {
    if (message.isSummary) return [];
    const { id, role, parts } = message;
    return parts.flatMap(({ type, data }): Wire[] => {
      if (role === 'tool')
        return type === 'tool_result' ? this.#once(`${id} ${data.tool_call_id}`, data, type) : [];
      if (role !== 'assistant') return [];
      if (type === 'text') return this.#more(id, type, text(data.text) ?? '');
      if (type === 'reasoning') return this.#more(id, type, text(data.thinking) ?? '');
      if (type === 'tool_call' && data.finished === true) return this.#once(`${id} ${data.id}`, data, type);
      return type === 'finish' ? this.#once(`${id} finish`, data, type) : [];
    });
  }

  /** A text grows while it is written. */
  #more(message: string, type: string, whole: string): Wire[] {
    const key = `${message} ${type}`;
    const told = this.#told.get(key) ?? 0;
    if (whole.length <= told) return [];
    this.#told.set(key, whole.length);
    if (type === 'text') this.#spoke = true;
    return [{ type, message, text: whole.slice(told) }];
  }

  #once(key: string, data: Wire, type: string): Wire[] {
    if (this.#told.has(key)) return [];
    this.#told.set(key, 1);
    return [{ ...data, type }];
  }

  /** A database that is not there yet, is being set up or of another form tells nothing. */
  #read<T>(nothing: T, use: (database: Database) => T): T {
    if (!existsSync(this.#path)) return nothing;
    try {
      this.#database ??= openSqlite(this.#path, { readonly: true, timeout: 200 });
      return use(this.#database);
    } catch (error) {
      if (error instanceof Error && error.name === 'SqliteError') return nothing;
      throw error;
    }
  }
}

/** A turn's lines until its process has ended. What was printed counts when the database told no word. */
export async function* turnLines(watch: TurnWatch, { stdout, ended }: TurnOutput): AsyncGenerator<Buffer> {
  const printed = printedText(stdout);
  let over = false;
  const end = ended.then(() => {
    over = true;
  });
  try {
    for (;;) {
      // Asked before the look: what was written up to the end is seen by one more.
      const last = over;
      await watch.locate();
      const lines = watch.look();
      if (lines.length > 0) yield bytes(lines);
      if (last) break;
      await Promise.race([sleep(POLL_MS, undefined, { ref: false }), end]);
    }
    const words = await printed;
    if (!watch.spoke && words !== '') yield bytes([{ type: 'printed', text: words }]);
  } finally {
    watch.close();
  }
}

async function printedText(stdout: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdout) {
    size += chunk.length;
    if (size <= MAX_PRINTED) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8').trim();
}

function bytes(lines: readonly Wire[]): Buffer {
  return Buffer.from(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
}

/** An answer that is still written has no finish. */
function isComplete({ role, parts }: Message): boolean {
  return (
    role !== 'assistant' ||
    parts.some(({ type, data }) => type === 'finish' && text(record(data).reason) !== undefined)
  );
}
