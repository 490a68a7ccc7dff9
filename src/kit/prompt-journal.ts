import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PromptId } from '../core/ids.ts';
import { number, text as textOf } from './acp/wire.ts';
import { tailLines } from './jsonl-file.ts';

/** A prompt as it was handed to an agent whose own transcript does not tell prompts apart. */
export interface JournalEntry {
  readonly prompt: PromptId;
  /** The agent's own id of the conversation; undefined where it was not known before the prompt was handed over. */
  readonly session: string | undefined;
  /** When, in ms since the epoch. */
  readonly at: number;
  /** Length and hash of the text without white space around it. */
  readonly length: number;
  readonly hash: string;
}

/** Beyond this many bytes the older half is forgotten; an entry takes about 200. */
const MAX_BYTES = 512 * 1024;

/**
 * Which prompts were handed to which conversation, as lines of a file: written before the prompt is, so that after a
 * crash the agent's transcript can be asked about it by its text.
 */
export class PromptJournal {
  readonly #path: string;
  #ready: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async note(prompt: PromptId, session: string | undefined, text: string): Promise<void> {
    this.#ready ??= this.#prepare();
    await this.#ready;
    const words = text.trim();
    const entry: JournalEntry = {
      prompt,
      session,
      at: Date.now(),
      length: words.length,
      hash: hashOf(words),
    };
    await appendFile(this.#path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  }

  /** The last entry of this prompt. */
  async find(prompt: PromptId): Promise<JournalEntry | undefined> {
    const isIt = (line: { readonly prompt?: unknown }) => line.prompt === prompt;
    const { lines } = await tailLines(this.#path, 2 * MAX_BYTES, (seen) => seen.some(isIt));
    const found = lines.findLast(isIt);
    if (found === undefined) return undefined;
    const [session, hash, at, length] = [
      textOf(found.session),
      textOf(found.hash),
      number(found.at),
      number(found.length),
    ];
    if (hash === undefined || at === undefined || length === undefined) return undefined;
    return { prompt, session, at, length, hash };
  }

  async #prepare(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const size = (await stat(this.#path).catch(() => undefined))?.size ?? 0;
    if (size <= MAX_BYTES) return;
    const lines = (await readFile(this.#path, 'utf8')).split('\n');
    const fresh = `${this.#path}.new`;
    await writeFile(fresh, lines.slice(Math.floor(lines.length / 2)).join('\n'), { mode: 0o600 });
    await rename(fresh, this.#path);
  }
}

/** Whether a text of the transcript is that prompt; agents may put more behind it, e.g. names of files. */
export function isTextOf(entry: JournalEntry, said: string): boolean {
  const words = said.trimStart();
  return words.length >= entry.length && hashOf(words.slice(0, entry.length)) === entry.hash;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
