import { AppError } from '../../core/errors.ts';
import { BoundedMap } from '../../kit/bounded-map.ts';

/** An app may change cards 50 times a second and 1,000 times a minute; streaming leaves room for what must not wait. */
const perSecond = 15;
const burst = 15;
/** A wait this short is waited out here; a longer one outside, so that it holds up no final text. */
const shortMs = 250;
/** A turn nobody came for. */
const lapsedMs = 3_000;

const intervalMs = 1_000 / perSecond;
const paces = new Map<string, CardPace>();

/** The pace of one app, for all who speak for it in this process. */
export function cardPace(domain: string, appId: string): CardPace {
  const key = `${domain}\n${appId}`;
  const known = paces.get(key) ?? new CardPace();
  paces.set(key, known);
  return known;
}

/**
 * Turns for the changes of all cards of an app. Updates of running answers wait for theirs, in order; closing cards and
 * final texts go at once and push the updates back.
 */
export class CardPace {
  readonly #now: () => number;
  /** When all turns given so far would be used up, at an even pace. */
  #usedUntil = Number.NEGATIVE_INFINITY;
  /** Turns that are still to come, by card. */
  readonly #turns = new BoundedMap<string, number>(2_000);

  /** `now`: ms of a clock that never steps back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** It goes at once. */
  urgent(): void {
    this.#take();
  }

  /**
   * Resolves when it is the card's turn. Rejects as rate-limited while that is not soon; the turn is kept for when the
   * card comes again.
   */
  async update(card: string): Promise<void> {
    const now = this.#now();
    const kept = this.#turns.get(card);
    const at = kept !== undefined && kept > now - lapsedMs ? kept : this.#take();
    const waitMs = at - now;
    if (waitMs > shortMs) {
      this.#turns.set(card, at);
      throw new AppError('feishu_rate_limit', 'many cards stream at once, this one waits for its turn', {
        kind: 'rate_limit',
        retryAfterMs: Math.ceil(waitMs),
      });
    }
    this.#turns.delete(card);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }

  /** Gives out the next turn; returns when it is. */
  #take(): number {
    const now = this.#now();
    const from = Math.max(this.#usedUntil, now - burst * intervalMs);
    this.#usedUntil = from + intervalMs;
    return Math.max(now, this.#usedUntil);
  }
}
