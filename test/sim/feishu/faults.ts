/** What goes wrong on purpose. Rules are used up in order; `chance` rules stay. */
export type Trouble =
  /** Answers `{code, msg}` with this HTTP status and does nothing. */
  | { readonly kind: 'code'; readonly code: number; readonly status?: number; readonly resetSecs?: number }
  /** Answers a bare HTTP status with a page, or with `body` under the name of JSON, and does nothing. */
  | { readonly kind: 'http'; readonly status: number; readonly body?: string }
  /** Executes the call and closes the connection instead of answering. */
  | { readonly kind: 'swallow' }
  /** Closes the connection without executing. */
  | { readonly kind: 'reset' }
  /** Executes and answers after this long. */
  | { readonly kind: 'delay'; readonly ms: number };

export interface FaultRule {
  /** Operation (`message.create`, `card.content` …), a prefix ending in `.`, or `*`. */
  readonly on: string;
  readonly trouble: Trouble;
  /** How often; default once. */
  readonly times?: number;
  /** 0–1: strikes with this chance, for ever. */
  readonly chance?: number;
}

export interface EventFaults {
  /** Chance that an event is sent twice with the same event id. */
  duplicate: number;
  /** Chance that an event comes again under a new event id. */
  duplicateNewId: number;
  /** Chance that an event is held back until the next one has gone. */
  reorder: number;
  /** Upper bound of a random delay, ms. */
  delayMs: number;
  /** Splits events into this many frames. */
  fragments: number;
}

/** A small seeded generator, so that a failing run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class Faults {
  readonly events: EventFaults = { duplicate: 0, duplicateNewId: 0, reorder: 0, delayMs: 0, fragments: 1 };
  /** How many troubles were handed out, by kind. */
  readonly struck = new Map<string, number>();
  random: () => number;
  #rules: { rule: FaultRule; left: number }[] = [];

  constructor(seed = 1) {
    this.random = seeded(seed);
  }

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? 1 });
  }

  clear(): void {
    this.#rules = [];
    Object.assign(this.events, { duplicate: 0, duplicateNewId: 0, reorder: 0, delayMs: 0, fragments: 1 });
  }

  /** The trouble for this call, if any. */
  take(op: string): Trouble | undefined {
    for (const entry of this.#rules) {
      const { on, chance, trouble } = entry.rule;
      if (on !== '*' && on !== op && !(on.endsWith('.') && op.startsWith(on))) continue;
      if (chance !== undefined) {
        if (this.random() >= chance) continue;
      } else if (entry.left-- <= 0) continue;
      this.struck.set(trouble.kind, (this.struck.get(trouble.kind) ?? 0) + 1);
      return trouble;
    }
    return undefined;
  }
}
