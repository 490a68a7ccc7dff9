import { appendFile, readFile, writeFile } from 'node:fs/promises';

const kept = 500;

/** What was typed in earlier chats, in a file only this user can read. Losing it harms nothing. */
export class History {
  /** Newest first, as readline wants it. */
  readonly lines: readonly string[];
  readonly #file: string;

  private constructor(file: string, lines: readonly string[]) {
    this.#file = file;
    this.lines = lines;
  }

  static async load(file: string): Promise<History> {
    const text = await readFile(file, 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => line !== '');
    if (lines.length > kept * 2)
      await writeFile(file, `${lines.slice(-kept).join('\n')}\n`, { mode: 0o600 }).catch(() => {});
    return new History(file, lines.slice(-kept).reverse());
  }

  add(text: string): void {
    const line = text.replaceAll('\n', ' ');
    appendFile(this.#file, `${line}\n`, { mode: 0o600 }).catch(() => {});
  }
}
