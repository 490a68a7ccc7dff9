import type { PlatformMemory } from '../../core/platform.ts';

const name = 'topic:';

/**
 * The topics the bot works in, over restarts: attachments there need no mention. Kept in as many numbered places as are
 * remembered; the newest topic takes the place of the oldest.
 */
export class Topics {
  readonly #memory: PlatformMemory;
  readonly #most: number;
  #places: Map<string, number> | undefined;
  #next = 0;

  constructor(memory: PlatformMemory, most = 2_000) {
    this.#memory = memory;
    this.#most = most;
  }

  has(chat: string, root: string): boolean {
    return this.#known().has(`${chat}|${root}`);
  }

  /**
   * Resolves when the topic is on disk; at once when it is known, though it may still be on its way there. Rejects when
   * it cannot be stored now; it is not known then.
   */
  async note(chat: string, root: string): Promise<void> {
    const known = this.#known();
    const topic = `${chat}|${root}`;
    if (known.has(topic)) return;
    const place = this.#placeAmong(known);
    const after = (place + 1) % this.#most;
    this.#next = after;
    const [pushed] = [...known].find(([, taken]) => taken === place) ?? [];
    if (pushed !== undefined) known.delete(pushed);
    known.set(topic, place);
    try {
      await this.#memory.write(`${name}${place}`, topic);
    } catch (error) {
      known.delete(topic);
      // On disk nothing has changed, and the next topic may have the place.
      if (pushed !== undefined && !known.has(pushed)) known.set(pushed, place);
      if (this.#next === after) this.#next = place;
      throw error;
    }
  }

  /** The next place; none that is taken as long as there are others. A write that failed may have left a gap. */
  #placeAmong(known: ReadonlyMap<string, number>): number {
    if (known.size >= this.#most) return this.#next;
    const taken = new Set(known.values());
    let place = this.#next;
    while (taken.has(place)) place = (place + 1) % this.#most;
    return place;
  }

  /** Read when first asked for: an adapter that is only tried out has no use for it. */
  #known(): Map<string, number> {
    if (this.#places) return this.#places;
    const places = new Map<string, number>();
    for (const [place, topic] of this.#memory.list(name)) {
      places.set(topic, Number(place));
      this.#next = (Number(place) + 1) % this.#most;
    }
    // Until all are taken they fill up one after another, whatever the clock says of their order.
    if (places.size < this.#most) this.#next = places.size;
    this.#places = places;
    return places;
  }
}
