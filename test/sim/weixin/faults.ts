import { seeded } from '../feishu/faults.ts';

/** What goes wrong with one call. */
export type Fault =
  /** Executed, then the connection is cut without an answer. */
  | { readonly kind: 'swallow' }
  /** Cut before anything is executed. */
  | { readonly kind: 'reset' }
  /** Executed and answered only after this long. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Answered with this status, not executed. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSecs?: number }
  /** Answered with this body and status 200, not executed. */
  | { readonly kind: 'body'; readonly body: string };

interface Rule {
  readonly path: string;
  readonly fault: Fault;
  times: number;
}

/** Shares of calls, 0 … 1, that suffer each fault; drawn from a seeded generator. */
export interface RandomFaults {
  readonly seed: number;
  readonly swallow: number;
  readonly reset: number;
  readonly html: number;
  readonly delay: number;
  /** Share of messages that come twice. */
  readonly duplicate: number;
}

/** Faults planned by a test; each strikes calls whose path ends with its own. */
export class Faults {
  /** Requests are taken and never answered. */
  silent = false;
  /** Refuses every call as a login that has run out. */
  expired = false;
  readonly #rules: Rule[] = [];
  #random: RandomFaults | undefined;
  #draw = seeded(1);

  /** Faults by chance, until they are taken away. */
  random(shares: RandomFaults | undefined): void {
    this.#random = shares;
    this.#draw = seeded(shares?.seed ?? 1);
  }

  duplicates(): boolean {
    return this.#random !== undefined && this.#draw() < this.#random.duplicate;
  }

  next(path: string, fault: Fault, times = 1): void {
    this.#rules.push({ path, fault, times });
  }

  take(path: string): Fault | undefined {
    const index = this.#rules.findIndex((rule) => path.endsWith(rule.path));
    const rule = this.#rules[index];
    if (!rule) return this.#byChance();
    if (--rule.times <= 0) this.#rules.splice(index, 1);
    return rule.fault;
  }

  #byChance(): Fault | undefined {
    const shares = this.#random;
    if (!shares) return undefined;
    if (this.#draw() < shares.swallow) return { kind: 'swallow' };
    if (this.#draw() < shares.reset) return { kind: 'reset' };
    if (this.#draw() < shares.html) return { kind: 'status', status: 502 };
    if (this.#draw() < shares.delay) return { kind: 'delay', ms: 120 };
    return undefined;
  }
}
