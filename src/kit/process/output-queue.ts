import type { Readable } from 'node:stream';

/** Unread bytes above which the child is made to wait. */
const HIGH_BYTES = 1024 * 1024;

/**
 * A child's stdout as Buffers for one reader, with back-pressure: the pipe is
 * paused while the reader lags. Unlike the stream's own iterator it keeps what
 * was read when the pipe is force-closed, so nothing the child wrote is lost.
 */
export class OutputQueue implements AsyncIterable<Buffer> {
  /** Resolves when the pipe has ended; what was read may still wait for its reader. */
  readonly finished: Promise<void>;
  readonly #stream: Readable;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #bounded = true;
  #ended = false;
  #wake: (() => void) | undefined;
  #reads = 0;
  readonly #finishing: () => void;

  constructor(stream: Readable) {
    this.#stream = stream;
    let resolve: () => void = () => undefined;
    this.finished = new Promise((done) => {
      resolve = done;
    });
    this.#finishing = resolve;
    stream.on('data', (chunk: Buffer) => this.#push(chunk));
    const end = () => this.#finish();
    stream.once('end', end);
    stream.once('close', end);
    stream.on('error', end);
  }

  /** Number of chunks read so far; tells whether a pipe is still moving. */
  get progress(): number {
    return this.#reads;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** After the child's exit: takes all that is left in the pipe whatever the reader does (at most its kernel buffer). */
  unbind(): void {
    this.#bounded = false;
    if (!this.#ended) this.#stream.resume();
  }

  /** Closes the pipe; what was taken before is still delivered, then the iteration ends. */
  forceEnd(): void {
    this.#finish();
    this.#stream.destroy();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, void> {
    while (true) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.length;
        if (this.#bytes < HIGH_BYTES && this.#stream.isPaused()) this.#stream.resume();
        yield chunk;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #push(chunk: Buffer): void {
    if (this.#ended) return;
    this.#reads++;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bounded && this.#bytes >= HIGH_BYTES) this.#stream.pause();
    this.#notify();
  }

  #finish(): void {
    this.#ended = true;
    this.#finishing();
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
