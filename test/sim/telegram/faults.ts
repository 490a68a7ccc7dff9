/** What goes wrong with one call. */
export type Fault =
  /** Executed, then the connection is cut without an answer. */
  | { readonly kind: 'swallow' }
  /** Cut before anything is executed. */
  | { readonly kind: 'reset' }
  /** Executed and answered only after this long. */
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'rate_limit'; readonly seconds: number }
  /** JSON error of this status, not executed. */
  | { readonly kind: 'status'; readonly code: number; readonly description: string }
  /** A gateway's HTML page, not executed. */
  | { readonly kind: 'html'; readonly code: number }
  /** Answers `ok` with this instead of executing. */
  | { readonly kind: 'result'; readonly result: unknown };

export interface FaultRule {
  readonly fault: Fault;
  /** A method name, `send` for every send*, `*` for everything but getUpdates. */
  readonly method: string;
  /** How often it strikes. */
  times: number;
}

/** Shares of calls, 0 … 1, that suffer each fault; drawn from a seeded generator. */
export interface RandomFaults {
  readonly seed: number;
  readonly swallow?: number;
  readonly reset?: number;
  readonly rateLimit?: number;
  readonly html?: number;
  /** Executed and answered late. */
  readonly delay?: number;
  /** The same of every getUpdates and getMe, which `reset`, `swallow` and so on leave alone. */
  readonly poll?: Omit<RandomFaults, 'seed' | 'duplicate' | 'poll'>;
  /** Share of updates delivered a second time under a new update id. */
  readonly duplicate?: number;
}

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Faults planned by a test or drawn at random. */
export class Faults {
  /** Everything hangs: requests are taken and never answered. */
  silentNow = false;
  /** Refuses every call as if the token were revoked. */
  revoked = false;
  /** Updates pushed while true swap places with the one before them, if that is of another chat. */
  reorder = false;
  /** Planned faults that struck so far. */
  taken = 0;
  readonly #rules: FaultRule[] = [];
  #random: RandomFaults | undefined;
  #draw: () => number = () => 1;

  next(method: string, fault: Fault, times = 1): void {
    this.#rules.push({ method, fault, times });
  }

  random(faults: RandomFaults | undefined): void {
    this.#random = faults;
    this.#draw = faults ? generator(faults.seed) : () => 1;
  }

  duplicates(): boolean {
    return this.#draw() < (this.#random?.duplicate ?? 0);
  }

  clear(): void {
    this.#rules.length = 0;
    this.random(undefined);
    this.silentNow = false;
    this.revoked = false;
    this.reorder = false;
  }

  /** The fault that strikes this call, if any. */
  take(method: string): Fault | undefined {
    const index = this.#rules.findIndex((rule) => matches(rule.method, method));
    const rule = this.#rules[index];
    if (rule) {
      this.taken++;
      if (--rule.times <= 0) this.#rules.splice(index, 1);
      return rule.fault;
    }
    const random = this.#random;
    const shares = method === 'getUpdates' || method === 'getMe' ? random?.poll : random;
    if (!shares) return undefined;
    let draw = this.#draw();
    const candidates: readonly (readonly [number | undefined, Fault])[] = [
      [shares.swallow, { kind: 'swallow' }],
      [shares.reset, { kind: 'reset' }],
      [shares.rateLimit, { kind: 'rate_limit', seconds: 1 }],
      [shares.html, { kind: 'html', code: 502 }],
      [shares.delay, { kind: 'delay', ms: 120 }],
    ];
    for (const [share = 0, fault] of candidates) {
      if (draw < share) return fault;
      draw -= share;
    }
    return undefined;
  }
}

function matches(rule: string, method: string): boolean {
  if (rule === '*') return method !== 'getUpdates';
  if (rule === 'send') return method.startsWith('send') && method !== 'sendChatAction';
  return rule === method;
}
