/** One access token for all calls: fetched once even when many wait, kept until shortly before it ends. */
export interface FetchedToken {
  readonly token: string;
  readonly lifetimeMs: number;
}

export class TokenSource {
  #fetch: () => Promise<FetchedToken>;
  #now: () => number;
  #current: { token: string; until: number } | undefined;
  #pending: Promise<string> | undefined;

  constructor(fetch: () => Promise<FetchedToken>, now: () => number = Date.now) {
    this.#fetch = fetch;
    this.#now = now;
  }

  get(): Promise<string> {
    if (this.#current && this.#now() < this.#current.until) return Promise.resolve(this.#current.token);
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  /** The service does not accept this token any more. A newer one that is already there stays. */
  forget(token: string): void {
    if (this.#current?.token === token) this.#current = undefined;
  }

  async #renew(): Promise<string> {
    const { token, lifetimeMs } = await this.#fetch();
    // Five minutes early, but never less than half of it: clocks and slow calls.
    this.#current = { token, until: this.#now() + Math.max(lifetimeMs - 300_000, lifetimeMs / 2) };
    return token;
  }
}
