/** Times in milliseconds. */
export interface BackoffOptions {
  /** First delay. @default 500 */
  baseMs?: number;
  /** Greatest delay. @default 60_000 */
  maxMs?: number;
  /** A connection that held this long starts again at the first delay. @default 30_000 */
  stableMs?: number;
  /** In [0, 1). */
  random?: () => number;
  /** A clock that never steps back. */
  now?: () => number;
}

/** Delays between attempts: doubling, jittered over the upper half so that many clients do not return at once. */
export class Backoff {
  readonly #options: Required<BackoffOptions>;
  #failures = 0;
  #upSince: number | undefined;

  constructor(options: BackoffOptions = {}) {
    const defaults = {
      baseMs: 500,
      maxMs: 60_000,
      stableMs: 30_000,
      random: Math.random,
      now: () => performance.now(),
    };
    this.#options = { ...defaults, ...options };
  }

  /** Attempts that failed since the last stable time. */
  get failures(): number {
    return this.#failures;
  }

  /** The attempt worked; it counts once it has held for `stableMs`. */
  up(): void {
    this.#upSince ??= this.#options.now();
  }

  /** The attempt failed or the connection was lost: how long to wait in whole ms, at least what the other side asked for. */
  next(retryAfterMs = 0): number {
    const { baseMs, maxMs, stableMs, random, now } = this.#options;
    if (this.#upSince !== undefined && now() - this.#upSince >= stableMs) this.#failures = 0;
    this.#upSince = undefined;
    const full = Math.min(maxMs, baseMs * 2 ** Math.min(this.#failures, 40));
    this.#failures++;
    return Math.ceil(Math.max(retryAfterMs, full / 2 + random() * (full / 2)));
  }

  reset(): void {
    this.#failures = 0;
    this.#upSince = undefined;
  }
}
