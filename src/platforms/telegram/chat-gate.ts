/**
 * Keeps sends to a chat and the search for a lost one apart: while ids are being tried, no new message of ours may
 * appear among them, and none may be under way when the search begins.
 */
export class ChatGate {
  readonly #sends = new Map<string, Set<Promise<unknown>>>();
  readonly #searches = new Map<string, Promise<unknown>>();

  /** Runs a send; waits for a search in this chat to end. */
  async send<T>(chat: string, task: () => Promise<T>): Promise<T> {
    for (let search = this.#searches.get(chat); search; search = this.#searches.get(chat)) await search;
    const running = task();
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    let sends = this.#sends.get(chat);
    if (!sends) {
      sends = new Set();
      this.#sends.set(chat, sends);
    }
    sends.add(settled);
    try {
      return await running;
    } finally {
      sends.delete(settled);
      if (sends.size === 0) this.#sends.delete(chat);
    }
  }

  /** Runs a search when no send and no other search is under way in this chat. */
  async search<T>(chat: string, task: () => Promise<T>): Promise<T> {
    const before = this.#searches.get(chat);
    const running = (async () => {
      await before;
      await Promise.all(this.#sends.get(chat) ?? []);
      return task();
    })();
    const settled: Promise<unknown> = running
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => {
        if (this.#searches.get(chat) === settled) this.#searches.delete(chat);
      });
    this.#searches.set(chat, settled);
    return running;
  }
}
