import type { KeptText } from './kept-text.ts';
import type { Choice } from './render.ts';

/** What one card offered. */
export interface Offer {
  /** The message that shows it. */
  readonly message: string;
  readonly choices: readonly Choice[];
}

interface Offers {
  readonly all: readonly Offer[];
  /** Nothing was said since the last of them. */
  readonly current: boolean;
  /** When something was said after the last of them, ms since the epoch. */
  readonly overAt?: number;
}

/** A choice that was made. */
export interface Press {
  readonly data: string;
  readonly message: string;
}

const PEOPLE_KEPT = 1000;
/** What the service's clock may be ahead of ours, and what a person needs to read what came last. */
const CLOCK_MS = 1000;
const OFFERS_KEPT = 8;
const PRESSES_KEPT = 200;

/**
 * Weixin has no buttons: a card lists its choices by number, and a message that is nothing but such a number presses
 * the button. It counts only if it was written before the bot said something else, so that the numbers of an agent's own
 * lists are left alone; after that the message must quote the card. Kept: an answer may come after a restart, and one that
 * comes again means the same as before.
 */
export class OfferedChoices {
  readonly #kept: KeptText;
  /** The last offers to each person, the newest last. */
  readonly #offers = new Map<string, Offers>();
  readonly #presses = new Map<string, Press>();

  constructor(kept: KeptText) {
    this.#kept = kept;
  }

  async load(): Promise<void> {
    const text = await this.#kept.read();
    if (text === undefined) return;
    try {
      const kept = JSON.parse(text) as { offers?: object; presses?: object };
      for (const [person, offers] of Object.entries(kept.offers ?? {}))
        this.#offers.set(person, readOffers(offers));
      for (const [key, press] of Object.entries(kept.presses ?? {})) this.#presses.set(key, press);
    } catch {
      // Damaged: the numbers mean nothing any more, and words still work.
    }
  }

  /** The bot has said something: with choices, or something else after which they must be quoted. */
  said(person: string, message: string, choices: readonly Choice[] | undefined, now = Date.now()): void {
    const before = this.#offers.get(person);
    const some = choices !== undefined && choices.length > 0;
    if (!some && before?.current !== true) return;
    this.#offers.delete(person);
    const all = [...(before?.all ?? []), ...(some ? [{ message, choices }] : [])].slice(-OFFERS_KEPT);
    this.#offers.set(person, some ? { all, current: true } : { all, current: false, overAt: now });
    void this.#save(); // failures are told there
  }

  /**
   * The button that a message means; `key` tells the message from others, also when it comes again. One that quotes
   * something means a button only if the quoted words offer it. `at`: when it was written, by the service's clock.
   */
  meant(
    person: string,
    said: { text: string; key: string; quoted: string | undefined; at: number },
  ): Press | undefined {
    const { text, key, quoted, at } = said;
    const again = this.#presses.get(key);
    if (again) return again;
    const digits = /^([1-9]\d?)\s*[.。)）]?$/.exec(text.normalize('NFKC').trim())?.[1];
    if (digits === undefined) return undefined;
    const offer = this.#offer(person, quoted, at);
    const choice = offer?.choices[Number(digits) - 1];
    if (!choice || !offer) return undefined;
    return { data: choice.data, message: offer.message };
  }

  #offer(person: string, quoted: string | undefined, at: number): Offer | undefined {
    const offers = this.#offers.get(person);
    if (quoted === undefined) {
      const inTime = offers?.overAt !== undefined && at > 0 && at <= offers.overAt + CLOCK_MS;
      return offers?.current || inTime ? offers?.all.at(-1) : undefined;
    }
    return offers?.all.findLast(({ choices }) => choices.every(({ label }) => quoted.includes(label)));
  }

  /** Remembers what a message meant, before it is acted on. */
  pressed(key: string, press: Press): Promise<void> {
    if (this.#presses.has(key)) return this.#kept.idle();
    this.#presses.set(key, press);
    return this.#save();
  }

  idle(): Promise<void> {
    return this.#kept.idle();
  }

  #save(): Promise<void> {
    drop(this.#offers, PEOPLE_KEPT);
    drop(this.#presses, PRESSES_KEPT);
    const kept = { offers: Object.fromEntries(this.#offers), presses: Object.fromEntries(this.#presses) };
    return this.#kept.write(JSON.stringify(kept));
  }
}

/** Earlier versions kept the current offer alone. */
function readOffers(kept: Offers | Offer): Offers {
  return 'all' in kept ? kept : { all: [kept], current: true };
}

/** Drops the oldest. */
function drop(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
