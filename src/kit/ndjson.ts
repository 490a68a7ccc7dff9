/** A line beyond this many bytes is skipped. */
export const DEFAULT_LINE_CAP = 256 * 1024 * 1024;

/** How much of a bad line is handed to the `bad` callback, in characters. */
const SNIPPET_CHARS = 2_000;

const NEWLINE = 0x0a;

/** What to do about lines that are not delivered; none of them ends the stream. */
export interface NdjsonOptions {
  /** Longest line in bytes. @default 256 MiB */
  lineCap?: number;
  /** A line was longer than the cap and has been skipped to its newline; `bytes` is its length. */
  onSkipped?: (bytes: number) => void;
  /** A line is no JSON object; `line` is cut to its first 2,000 characters. */
  onBad?: (line: string, error: Error) => void;
}

/** A parsed line. Its content is what the other side sent: check before use. */
export type NdjsonObject = Record<string, unknown>;

/**
 * Splits Buffers into lines. Each byte is searched once and joined at most
 * once, however the chunks fall; a character cut in half by a chunk border is
 * whole again, and broken UTF-8 becomes U+FFFD.
 */
export class LineSplitter {
  readonly #cap: number;
  readonly #onSkipped: ((bytes: number) => void) | undefined;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #skipping = false;

  constructor(options: Pick<NdjsonOptions, 'lineCap' | 'onSkipped'> = {}) {
    this.#cap = options.lineCap ?? DEFAULT_LINE_CAP;
    this.#onSkipped = options.onSkipped;
  }

  /** The lines completed by this chunk, without their newline. */
  push(chunk: Buffer): string[] {
    const last = chunk.lastIndexOf(NEWLINE);
    if (last < 0) {
      this.#keep(chunk);
      return [];
    }
    let from = 0;
    const lines: string[] = [];
    if (this.#pendingBytes > 0 || this.#skipping) {
      const first = chunk.indexOf(NEWLINE);
      this.#keep(chunk.subarray(0, first));
      const line = this.#take();
      if (line !== undefined) lines.push(line);
      from = first + 1;
    }
    if (from <= last) this.#whole(chunk.subarray(from, last), lines);
    if (last + 1 < chunk.length) this.#keep(chunk.subarray(last + 1));
    return lines;
  }

  /** The unterminated last line, if any. */
  end(): string | undefined {
    return this.#pendingBytes > 0 || this.#skipping ? this.#take() : undefined;
  }

  /** Lines that lie wholly inside one chunk: decoded in one go, which is much faster than one by one. */
  #whole(region: Buffer, lines: string[]): void {
    if (region.length <= this.#cap) {
      for (const line of region.toString('utf8').split('\n')) lines.push(line);
      return;
    }
    for (let from = 0; from <= region.length; ) {
      const next = region.indexOf(NEWLINE, from);
      const end = next < 0 ? region.length : next;
      if (end - from > this.#cap) this.#onSkipped?.(end - from);
      else lines.push(region.toString('utf8', from, end));
      from = end + 1;
    }
  }

  #keep(piece: Buffer): void {
    this.#pendingBytes += piece.length;
    if (this.#skipping) return;
    if (this.#pendingBytes > this.#cap) {
      this.#skipping = true;
      this.#pending = [];
    } else if (piece.length > 0) {
      this.#pending.push(piece);
    }
  }

  #take(): string | undefined {
    const pieces = this.#pending;
    const bytes = this.#pendingBytes;
    const skipped = this.#skipping;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#skipping = false;
    if (skipped) {
      this.#onSkipped?.(bytes);
      return undefined;
    }
    const [only] = pieces;
    return (pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces, bytes)).toString('utf8');
  }
}

/** Newline-delimited JSON objects from Buffers; blank lines are ignored. */
export class NdjsonDecoder {
  readonly #lines: LineSplitter;
  readonly #onBad: NdjsonOptions['onBad'];

  constructor(options: NdjsonOptions = {}) {
    this.#lines = new LineSplitter(options);
    this.#onBad = options.onBad;
  }

  /** The objects completed by this chunk. */
  push(chunk: Buffer): NdjsonObject[] {
    return this.#parseAll(this.#lines.push(chunk));
  }

  /** The object of an unterminated last line, if it is one. */
  end(): NdjsonObject[] {
    const line = this.#lines.end();
    return line === undefined ? [] : this.#parseAll([line]);
  }

  #parseAll(lines: string[]): NdjsonObject[] {
    const found: NdjsonObject[] = [];
    for (const line of lines) {
      const value = this.#parse(line);
      if (value !== undefined) found.push(value);
    }
    return found;
  }

  #parse(line: string): NdjsonObject | undefined {
    let error: Error | undefined;
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as NdjsonObject;
    } catch (cause) {
      if (line.trim() === '') return undefined;
      error = cause as Error;
    }
    this.#onBad?.(line.slice(0, SNIPPET_CHARS), error ?? new Error('not a JSON object'));
    return undefined;
  }
}

/** Reads a stream of Buffers as JSON objects; back-pressure reaches the source. Ends with the source. */
export async function* ndjson(
  source: AsyncIterable<Buffer>,
  options: NdjsonOptions = {},
): AsyncGenerator<NdjsonObject, void, void> {
  const decoder = new NdjsonDecoder(options);
  for await (const chunk of source) {
    for (const object of decoder.push(chunk)) yield object;
  }
  for (const object of decoder.end()) yield object;
}

/**
 * As {@link ndjson}, calling `onObject` instead; the fastest form. When it
 * returns a promise, reading waits for it.
 */
export async function readNdjson(
  source: AsyncIterable<Buffer>,
  onObject: (object: NdjsonObject) => void | Promise<void>,
  options: NdjsonOptions = {},
): Promise<void> {
  const decoder = new NdjsonDecoder(options);
  const handle = async (objects: NdjsonObject[]) => {
    for (const object of objects) {
      const pending = onObject(object);
      if (pending !== undefined) await pending;
    }
  };
  for await (const chunk of source) await handle(decoder.push(chunk));
  await handle(decoder.end());
}
