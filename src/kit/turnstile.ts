/**
 * Lets work that may wait a moment pass one by one, at most one piece in each turn of the event loop: between two of
 * them everything else that happened is dealt with. Timers that expire together would otherwise run as one long piece.
 */
export class Turnstile {
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  /** Resolves when it is the caller's turn; at once when nobody has passed in this turn of the loop. */
  pass(): Promise<void> {
    if (!this.#closed) {
      this.#close();
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #close(): void {
    this.#closed = true;
    setImmediate(() => {
      this.#closed = false;
      const next = this.#waiting.shift();
      if (!next) return;
      this.#close();
      next();
    });
  }
}
