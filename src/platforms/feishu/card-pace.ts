import { AppError } from '../../core/errors.ts';
import { BoundedMap } from '../../kit/bounded-map.ts';

/** An app may call an API 50 times a second and 1,000 times a minute; streaming leaves room for what must not wait. */
const perSecond = 15;
const burst = 15;
/** Calls that urgent ones may take from the updates in advance. */
const deepest = 30;
/** Who has not asked for so long is not waiting any more. */
const lapsedMs = 10_000;

const intervalMs = 1_000 / perSecond;
const known = new Map<string, CardPaces>();

/**
 * The paces of one app. The service counts the calls of each of its APIs by themselves, for each app and tenant
 * (open.feishu.cn, "Rate limits"), so the first words of an answer never wait behind the updates of others.
 */
export interface CardPaces {
  readonly create: CardPace;
  /** Text that is typed out. */
  readonly stream: CardPace;
  /** Whole cards: a running answer's, and final ones. */
  readonly whole: CardPace;
}

/** The paces of this app, for all who speak for it in this process. */
export function cardPaces(domain: string, appId: string): CardPaces {
  const key = `${domain}\n${appId}`;
  const paces = known.get(key) ?? {
    create: new CardPace(),
    stream: new CardPace(),
    whole: new CardPace(),
  };
  known.set(key, paces);
  return paces;
}

/**
 * The pace of the calls of one API, for all cards of an app. Updates of running answers come again when there are too
 * many; final texts go at once and push the updates back. Nobody holds a place: an answer that is over before its next
 * update takes nothing from the others.
 */
export class CardPace {
  readonly #now: () => number;
  /** Calls that may be made at once; below zero after many that were urgent. */
  #free = burst;
  #at: number;
  /** Cards that were told to come again, with the time they asked last, the latest at the end. */
  readonly #asking = new Map<string, number>();
  /** When each card had its last turn. */
  readonly #served = new BoundedMap<string, number>(2_000);

  /** `now`: ms of a clock that never steps back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#at = now();
  }

  /** It goes at once. */
  urgent(): void {
    this.#refill();
    this.#free = Math.max(-deepest, this.#free - 1);
  }

  /**
   * Resolves when the call may be made now. Rejects as rate-limited when it may not: all who ask have had their turn by
   * the time this one comes again.
   */
  async update(card: string): Promise<void> {
    const now = this.#refill();
    for (const [other, askedAt] of this.#asking) {
      if (askedAt > now - lapsedMs) break;
      this.#asking.delete(other);
    }
    this.#asking.delete(card);
    const round = this.#asking.size * intervalMs;
    const hadItsTurn = (this.#served.get(card) ?? Number.NEGATIVE_INFINITY) > now - round;
    if (this.#free >= 1 && !hadItsTurn) {
      this.#free -= 1;
      this.#served.set(card, now);
      return;
    }
    this.#asking.set(card, now);
    throw new AppError('feishu_rate_limit', 'many cards stream at once, this one waits for its turn', {
      kind: 'rate_limit',
      retryAfterMs: Math.ceil((this.#asking.size - Math.min(0, this.#free)) * intervalMs),
    });
  }

  /** Returns the time. */
  #refill(): number {
    const now = this.#now();
    this.#free = Math.min(burst, this.#free + (now - this.#at) / intervalMs);
    this.#at = now;
    return now;
  }
}
