/** A limit as the gateway keeps it: so many calls in any second and in any minute. */
export class Rate {
  readonly #perSecond: number;
  readonly #perMinute: number;
  #taken: number[] = [];
  /** Calls that were too many. */
  refused = 0;

  constructor(perSecond: number, perMinute: number) {
    this.#perSecond = perSecond;
    this.#perMinute = perMinute;
  }

  /** Whether one more call may be made now; a refused one does not count. */
  take(now = performance.now()): boolean {
    this.#taken = this.#taken.filter((at) => at > now - 60_000);
    const lately = this.#taken.filter((at) => at > now - 1_000).length;
    const free = lately < this.#perSecond && this.#taken.length < this.#perMinute;
    if (free) this.#taken.push(now);
    else this.refused += 1;
    return free;
  }
}
