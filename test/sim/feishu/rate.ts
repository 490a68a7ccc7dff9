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

/** The same limit for each of several APIs, which the gateway counts by themselves. */
export class Rates {
  readonly #perSecond: number;
  readonly #perMinute: number;
  readonly #byApi = new Map<string, Rate>();

  constructor(perSecond: number, perMinute: number) {
    this.#perSecond = perSecond;
    this.#perMinute = perMinute;
  }

  get refused(): number {
    return [...this.#byApi.values()].reduce((sum, rate) => sum + rate.refused, 0);
  }

  take(api: string): boolean {
    const rate = this.#byApi.get(api) ?? new Rate(this.#perSecond, this.#perMinute);
    this.#byApi.set(api, rate);
    return rate.take();
  }
}
