/** A rate limit: `capacity` at once, refilled at `perSecond`. */
export interface TokenBucketOptions {
  capacity: number;
  perSecond: number;
  /** A clock in milliseconds that never steps back. */
  now?: () => number;
}

/** Counts what may happen now. Costs nothing while unused; has no timers. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#tokens = options.capacity;
    this.#at = this.#now();
  }

  /** Takes `count` if they are there. */
  tryTake(count = 1): boolean {
    this.#refill();
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Milliseconds until `count` can be taken; 0 now, Infinity when more than the capacity. */
  waitMs(count = 1): number {
    this.#refill();
    if (count > this.#options.capacity) return Number.POSITIVE_INFINITY;
    return Math.max(0, Math.ceil(((count - this.#tokens) / this.#options.perSecond) * 1000));
  }

  /** Whether it is as good as new, so that its owner may forget it. */
  get full(): boolean {
    this.#refill();
    return this.#tokens >= this.#options.capacity;
  }

  #refill(): void {
    const now = this.#now();
    const gained = ((now - this.#at) / 1000) * this.#options.perSecond;
    this.#tokens = Math.min(this.#options.capacity, this.#tokens + gained);
    this.#at = now;
  }
}
