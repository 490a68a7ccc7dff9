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

/** Faults planned by a test; each strikes calls whose path ends with its own. */
export class Faults {
  /** Requests are taken and never answered. */
  silent = false;
  /** Refuses every call as a login that has run out. */
  expired = false;
  readonly #rules: Rule[] = [];

  next(path: string, fault: Fault, times = 1): void {
    this.#rules.push({ path, fault, times });
  }

  take(path: string): Fault | undefined {
    const index = this.#rules.findIndex((rule) => path.endsWith(rule.path));
    const rule = this.#rules[index];
    if (!rule) return undefined;
    if (--rule.times <= 0) this.#rules.splice(index, 1);
    return rule.fault;
  }
}
