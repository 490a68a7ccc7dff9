import type { JsonObject } from '../../core/json.ts';
import type { ApiCall, FeishuApi } from './api.ts';
import { summaryLine } from './card.ts';
import type { CardPace, CardPaces } from './card-pace.ts';
import { feishuCode } from './errors.ts';

const path = (card: string, rest = ''): string =>
  `/open-apis/cardkit/v1/cards/${encodeURIComponent(card)}${rest}`;

/** Sequence numbers count from here, in tenths of a second; they fit 31 bits until 2032. */
const epoch = Date.UTC(2026, 0, 1);
/** A card takes 10 updates a second; we stay at 5. */
const paceMs = 200;
const staleSequence = 300317;
const streamingClosed = 300309;

/**
 * Card entities. Every change needs a number above the last one. The numbers are taken from the clock, so they go on
 * rising when another life of the daemon takes over the card.
 */
export class CardEntities {
  readonly #api: FeishuApi;
  readonly #paces: CardPaces;
  readonly #last = new Map<string, { sequence: number; at: number }>();
  readonly #now: () => number;

  constructor(api: FeishuApi, paces: CardPaces, now: () => number = Date.now) {
    this.#api = api;
    this.#paces = paces;
    this.#now = now;
  }

  /** `key`: whose card it will be. Rejects as rate-limited while too many cards change. */
  async create(content: JsonObject, key: string, signal: AbortSignal): Promise<string> {
    await this.#paces.create.update(key);
    const data = { type: 'card_json', data: JSON.stringify(content) };
    const call: ApiCall = {
      op: 'creating a card',
      method: 'POST',
      path: '/open-apis/cardkit/v1/cards',
      data,
    };
    const { card_id } = await this.#api.call<{ card_id?: string }>(call, signal);
    return String(card_id);
  }

  /** The card entity behind a message, if there is one. */
  async behind(message: string, signal: AbortSignal): Promise<string | undefined> {
    const call: ApiCall = {
      op: 'finding the card of a message',
      method: 'POST',
      path: path('id_convert'),
      data: { message_id: message },
    };
    return (await this.#api.call<{ card_id?: string }>(call, signal)).card_id;
  }

  /**
   * Sets the text of an element; a text that goes on where it was is typed out. Rejects as rate-limited while too many
   * cards change.
   */
  async stream(card: string, element: string, content: string, signal: AbortSignal): Promise<void> {
    const call = (): ApiCall => ({
      op: 'streaming a card',
      method: 'PUT',
      path: path(card, `/elements/${encodeURIComponent(element)}/content`),
      data: { content },
    });
    await this.#turn(card, this.#paces.stream);
    try {
      await this.#change(card, call, signal);
    } catch (error) {
      if (feishuCode(error) !== streamingClosed) throw error;
      // Streaming ends by itself after ten minutes; a long turn opens it again.
      await this.#settings(card, { streaming_mode: true }, signal);
      await this.#change(card, call, signal);
    }
  }

  /** Replaces the whole card of a running answer. Rejects as rate-limited while too many cards change. */
  async redraw(card: string, content: JsonObject, signal: AbortSignal): Promise<void> {
    await this.#turn(card, this.#paces.whole);
    await this.#whole(card, content, signal);
  }

  /** Replaces the whole card, for good: that waits for nothing. */
  async replace(card: string, content: JsonObject, signal: AbortSignal): Promise<void> {
    this.#paces.whole.urgent();
    await this.#whole(card, content, signal);
  }

  async #whole(card: string, content: JsonObject, signal: AbortSignal): Promise<void> {
    const data = { card: { type: 'card_json', data: JSON.stringify(content) } };
    await this.#change(
      card,
      () => ({ op: 'updating a card', method: 'PUT', path: path(card), data }),
      signal,
    );
  }

  /** Ends streaming, so that the chat list stops saying that the card is being generated. */
  async close(card: string, summary: string, signal: AbortSignal): Promise<void> {
    await this.#settings(card, { streaming_mode: false, summary: { content: summaryLine(summary) } }, signal);
  }

  async #settings(card: string, config: JsonObject, signal: AbortSignal): Promise<void> {
    const data = { settings: JSON.stringify({ config }) };
    await this.#change(
      card,
      () => ({ op: 'closing a card', method: 'PATCH', path: path(card, '/settings'), data }),
      signal,
    );
  }

  async #change(card: string, call: () => ApiCall, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const sequence = this.#next(card, attempt);
      const { data, ...rest } = call();
      try {
        await this.#api.call({ ...rest, data: { ...data, sequence } }, signal);
        return;
      } catch (error) {
        // Somebody's clock was ahead of ours: leap over it.
        if (feishuCode(error) !== staleSequence || attempt >= 4) throw error;
      }
    }
  }

  #next(card: string, attempt: number): number {
    const leap = attempt === 0 ? 0 : 1_000 * 30 ** attempt;
    const clock = Math.max(1, Math.floor((this.#now() - epoch) / 100));
    const sequence = Math.min(0x7fffffff, Math.max((this.#last.get(card)?.sequence ?? 0) + 1, clock) + leap);
    this.#last.delete(card);
    this.#last.set(card, { sequence, at: performance.now() });
    const oldest = this.#last.keys().next().value;
    if (this.#last.size > 2_000 && oldest !== undefined) this.#last.delete(oldest);
    return sequence;
  }

  /** The turn of the card among all cards of the app, and not sooner after its last change than one card takes. */
  async #turn(card: string, pace: CardPace): Promise<void> {
    await pace.update(card);
    const wait = (this.#last.get(card)?.at ?? Number.NEGATIVE_INFINITY) + paceMs - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
