import type { Writable } from 'node:stream';
import { AppError } from '../../core/errors.ts';

/**
 * Writes to a child's stdin with back-pressure. A write resolves when the pipe
 * can take more; writes keep their order; at most `maxPendingBytes` may wait.
 */
export class InputWriter {
  readonly #stream: Writable;
  readonly #maxPendingBytes: number;
  readonly #waiting = new Set<(error?: AppError) => void>();
  #closed: AppError | undefined;

  constructor(stream: Writable, maxPendingBytes: number) {
    this.#stream = stream;
    this.#maxPendingBytes = maxPendingBytes;
    stream.on('error', (error) => this.#close(error));
    stream.once('close', () => this.#close());
    stream.on('drain', () => this.#settle());
    stream.once('finish', () => this.#settle());
  }

  /** Resolves when taken; rejects `process.input_closed` or `process.input_full`. */
  write(data: string | Buffer): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (!this.#stream.writable) return Promise.reject(closedError());
    if (this.#stream.writableLength > this.#maxPendingBytes) {
      return Promise.reject(
        new AppError('process.input_full', 'The agent is not reading its input', {
          kind: 'unavailable',
          advice: 'It may hang; stop the turn or start a new session.',
        }),
      );
    }
    if (this.#stream.write(data)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.add((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  /** Ends stdin once everything written has gone out; does not wait for it. */
  end(): void {
    if (this.#stream.writable) this.#stream.end();
  }

  /** Gives up what is still unwritten. */
  destroy(): void {
    this.#stream.destroy();
  }

  #close(cause?: Error): void {
    this.#closed ??= closedError(cause);
    this.#settle(this.#closed);
  }

  #settle(error?: AppError): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const done of waiting) done(error);
  }
}

function closedError(cause?: Error): AppError {
  return new AppError('process.input_closed', 'The agent process no longer takes input', {
    kind: 'unavailable',
    cause,
  });
}

/** Whether a line could not be written because the process takes no more: it has ended, or is about to. */
export function inputClosed(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'process.input_closed';
}
