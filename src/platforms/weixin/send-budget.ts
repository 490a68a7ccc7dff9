import type { AppError } from '../../core/errors.ts';
import { budgetSpent } from './errors.ts';
import type { KeptText } from './kept-text.ts';

export interface BudgetLimits {
  /** Unasked messages within the window; 0 = no limit of our own. */
  readonly messages: number;
  readonly windowMs: number;
}

const HOUR = 3_600_000;
const LONGEST_PAUSE_MS = 24 * HOUR;
/** What follows this soon after a person's message answers it. */
const ANSWER_MS = HOUR;

/**
 * Weixin throttles bots that speak unasked: after five or six such messages a day every send is refused with ret=-2,
 * and each further attempt makes it last longer. Answers pass. So unasked messages are counted and stopped before the
 * service does it, and after a refusal nothing is tried until the pause is over or the person has written.
 */
export class SendBudget {
  readonly #limits: BudgetLimits;
  readonly #kept: KeptText;
  readonly #now: () => number;
  /** When unasked messages went out. */
  #unasked: number[] = [];
  #pausedUntil = 0;
  /** Refusals in a row. */
  #strikes = 0;
  readonly #heardAt = new Map<string, number>();
  /** People who wrote during the pause: one attempt each. */
  readonly #open = new Set<string>();

  constructor(limits: BudgetLimits, kept: KeptText, now: () => number = Date.now) {
    this.#limits = limits;
    this.#kept = kept;
    this.#now = now;
  }

  async load(): Promise<void> {
    const text = await this.#kept.read();
    if (text === undefined) return;
    try {
      const kept = JSON.parse(text) as { unasked?: unknown; pausedUntil?: unknown; strikes?: unknown };
      if (Array.isArray(kept.unasked))
        this.#unasked = kept.unasked.filter((at): at is number => typeof at === 'number');
      if (typeof kept.pausedUntil === 'number')
        this.#pausedUntil = Math.min(kept.pausedUntil, this.#now() + LONGEST_PAUSE_MS);
      if (typeof kept.strikes === 'number') this.#strikes = kept.strikes;
    } catch {
      // Damaged: counting starts anew, and the service still says when it is enough.
    }
  }

  /** The person wrote. */
  heard(person: string): void {
    this.#heardAt.set(person, this.#now());
    if (this.#pausedUntil > this.#now()) this.#open.add(person);
  }

  /** Throws `budget` when this must not be tried now. `further`: it continues a message that has begun. */
  check(person: string, how: { readonly answer: boolean; readonly further: boolean }): void {
    const now = this.#now();
    if (this.#pausedUntil > now && !this.#open.has(person))
      throw budgetSpent('Weixin takes no messages from this bot for a while', this.#pausedUntil - now);
    if (!this.#counts(person, how)) return;
    this.#unasked = this.#unasked.filter((at) => at > now - this.#limits.windowMs);
    const oldest = this.#unasked.at(-this.#limits.messages);
    if (oldest !== undefined)
      throw budgetSpent(
        `${this.#limits.messages} messages were sent unasked within the window`,
        Math.max(1000, oldest + this.#limits.windowMs - now),
      );
  }

  /** Messages that may still be sent, this one included; undefined when it is not counted. */
  left(person: string, how: { readonly answer: boolean; readonly further: boolean }): number | undefined {
    if (!this.#counts(person, how)) return undefined;
    const since = this.#now() - this.#limits.windowMs;
    return Math.max(0, this.#limits.messages - this.#unasked.filter((at) => at > since).length);
  }

  sent(person: string, how: { readonly answer: boolean; readonly further: boolean }): void {
    const paused = this.#strikes > 0 || this.#pausedUntil > 0;
    this.#strikes = 0;
    this.#pausedUntil = 0;
    this.#open.clear();
    const counted = this.#counts(person, how);
    if (counted) this.#unasked.push(this.#now());
    if (counted || paused) this.#save();
  }

  /** The service refused: the error that says how long nothing is to be tried. */
  refused(what: string): AppError {
    const pauseMs = Math.min(LONGEST_PAUSE_MS, HOUR * 2 ** Math.min(this.#strikes, 10));
    this.#strikes++;
    this.#pausedUntil = this.#now() + pauseMs;
    this.#open.clear();
    this.#save();
    return budgetSpent(what, pauseMs);
  }

  idle(): Promise<void> {
    return this.#kept.idle();
  }

  #counts(person: string, how: { readonly answer: boolean; readonly further: boolean }): boolean {
    if (this.#limits.messages === 0 || how.answer || how.further) return false;
    const heardAt = this.#heardAt.get(person) ?? Number.NEGATIVE_INFINITY;
    return heardAt < this.#now() - ANSWER_MS;
  }

  #save(): void {
    const kept = { unasked: this.#unasked, pausedUntil: this.#pausedUntil, strikes: this.#strikes };
    void this.#kept.write(JSON.stringify(kept)); // failures are told there
  }
}
