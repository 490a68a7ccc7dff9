import { StringDecoder } from 'node:string_decoder';

/** A line longer than this is handed on in pieces, so a child without newlines cannot grow memory. */
const LINE_CHARS = 16 * 1024;

/** Keeps the last bytes of a child's stderr for error texts, and hands complete lines to a logger. */
export class StderrTail {
  readonly #limit: number;
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #decoder = new StringDecoder('utf8');
  #tail: Buffer = Buffer.alloc(0);
  #line = '';

  constructor(limitBytes: number, onLine?: (line: string) => void) {
    this.#limit = limitBytes;
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const joined = chunk.length >= this.#limit ? chunk : Buffer.concat([this.#tail, chunk]);
    // A copy, so that a short tail never pins a large chunk.
    this.#tail = Buffer.from(joined.subarray(Math.max(0, joined.length - this.#limit)));
    if (this.#onLine !== undefined) this.#lines(this.#decoder.write(chunk));
  }

  /** Hands on an unfinished last line. */
  end(): void {
    const rest = this.#line + this.#decoder.end();
    this.#line = '';
    if (rest !== '') this.#onLine?.(rest);
  }

  /** The kept end of stderr as text; a character cut in half at its start is dropped. */
  toString(): string {
    let start = 0;
    while (start < 4 && ((this.#tail[start] ?? 0) & 0xc0) === 0x80) start++;
    return this.#tail.toString('utf8', start);
  }

  #lines(text: string): void {
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop() ?? '';
    for (const line of lines) this.#onLine?.(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (this.#line.length > LINE_CHARS) {
      this.#onLine?.(this.#line);
      this.#line = '';
    }
  }
}
