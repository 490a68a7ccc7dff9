/** Runs tasks one after another per key, and tasks of different keys side by side. A key costs nothing while idle. */
export class KeyedChain {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Number of keys with a task running or waiting. */
  get active(): number {
    return this.#tails.size;
  }

  /** Runs `task` when all earlier tasks of the key have settled, well or not. Settles as the task does. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    // Without a predecessor the task starts now, in this very call.
    const result = before === undefined ? start(task) : before.then(task);
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.#tails.set(key, tail);
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    return result;
  }

  /** Resolves when no task runs or waits. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}

async function start<T>(task: () => Promise<T>): Promise<T> {
  return task();
}
