import { AppError } from '../core/errors.ts';

/** How a {@link Pacer} treats the calls it makes. */
export interface PaceOptions {
  /** Least time between the starts of two calls, in milliseconds. */
  minIntervalMs: number;
  /** A call failed without telling when to try again; its value is given up. */
  onError: (error: unknown) => void;
}

/**
 * Sends the latest of many values: one call in flight at most, values offered
 * meanwhile replace each other, calls keep their distance, and an error with
 * `retryAfterMs` makes all wait that long. The owner must `stop` it.
 */
export class Pacer<T> {
  readonly #send: (value: T) => Promise<void>;
  readonly #options: PaceOptions;
  #pending: { value: T } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #inFlight: Promise<void> | undefined;
  #notBefore = 0;
  #stopped = false;

  constructor(send: (value: T) => Promise<void>, options: PaceOptions) {
    this.#send = send;
    this.#options = options;
  }

  /** Shows `value` as soon as the pace allows, unless a later one comes first. Ignored after `stop`. */
  offer(value: T): void {
    if (this.#stopped) return;
    this.#pending = { value };
    this.#schedule();
  }

  /** Drops what was not sent yet; resolves when no call is in flight any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pending = undefined;
    clearTimeout(this.#timer);
    await this.#inFlight;
  }

  #schedule(): void {
    if (this.#pending === undefined || this.#inFlight !== undefined || this.#timer !== undefined) return;
    const wait = this.#notBefore - performance.now();
    if (wait <= 0) {
      this.#start();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#start();
    }, wait);
    this.#timer.unref();
  }

  #start(): void {
    const next = this.#pending;
    if (next === undefined || this.#stopped) return;
    this.#pending = undefined;
    this.#notBefore = performance.now() + this.#options.minIntervalMs;
    this.#inFlight = this.#call(next.value).finally(() => {
      this.#inFlight = undefined;
      if (!this.#stopped) this.#schedule();
    });
  }

  async #call(value: T): Promise<void> {
    try {
      await this.#send(value);
    } catch (error) {
      const wait = error instanceof AppError ? error.retryAfterMs : undefined;
      if (wait === undefined) {
        this.#options.onError(error);
        return;
      }
      this.#notBefore = Math.max(this.#notBefore, performance.now() + wait);
      if (!this.#stopped) this.#pending ??= { value };
    }
  }
}
