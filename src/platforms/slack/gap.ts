import type { HeldPlace } from './catch-up.ts';
import type { SeenPlaces } from './seen.ts';
import { compareStamps, stampOf } from './wire.ts';

/** Further back nobody waits for an answer any more. */
const REACH_MS = 24 * 3_600_000;

/**
 * Since when something may have been missed in places that are not known. The service repeats each event by a clock of
 * its own: after a connection was lost, the first event of a place may be younger than one that is still to come again.
 */
export class Gap {
  readonly #seen: SeenPlaces;
  #since: string | undefined;
  #open = false;

  constructor(seen: SeenPlaces) {
    this.#seen = seen;
  }

  /** A connection was greeted. Before the first one of all there was nobody to write to. */
  connected(): void {
    if (this.#since !== undefined) {
      this.#open = true;
      return;
    }
    const [newest] = this.#seen.places();
    this.#open = newest !== undefined;
    // What is said in this very millisecond belongs to it.
    this.#since = newest?.ts ?? stampOf(Date.now() - 1);
  }

  /** Has a new place read from the gap on, before what it said with this stamp; undefined if nothing can be missing. */
  holdNew(chat: string, thread: string | undefined, ts: string): HeldPlace | undefined {
    if (!this.#open || this.#since === undefined) return undefined;
    const reach = stampOf(Date.now() - REACH_MS);
    const since = compareStamps(this.#since, reach) < 0 ? reach : this.#since;
    if (compareStamps(ts, since) <= 0) return undefined;
    const hold = this.#seen.hold(chat, thread, since);
    return { place: { chat, thread, ts: since }, hold };
  }
}
