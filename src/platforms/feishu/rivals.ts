import { kindOf } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';

/** When connections are counted, ms: after the first connecting, again while there are too many, and else. */
export interface RivalTimings {
  readonly firstMs: number;
  readonly againMs: number;
  readonly everyMs: number;
}

export interface RivalSetup {
  readonly timings: RivalTimings;
  readonly log: Log;
  /** Open connections of the app, as the service counts them. */
  count(signal: AbortSignal): Promise<number>;
  /** How many of them are this process's. */
  ours(): number;
  /** What to say of the others; undefined when they are gone. */
  changed(warning: string | undefined): void;
}

/** What it means that an app has several connections. */
export const shared =
  'Feishu gives each message to only one of them, so some never arrive here: stop the other program, or give this one an app of its own';

/**
 * Feishu gives each event to one random connection of the app and tells nobody, so a second program takes a part of
 * the messages unseen. The service counts connections, though; a count that is too high twice is believed, since one
 * that was just lost may still be counted.
 */
export class Rivals {
  readonly #setup: RivalSetup;
  #timer: NodeJS.Timeout | undefined;
  #ended = new AbortController();
  #watchedBefore = false;
  #suspected = false;
  #warning: string | undefined;

  constructor(setup: RivalSetup) {
    this.#setup = setup;
  }

  /** A connection stands: counting begins anew. */
  watch(): void {
    this.rest();
    this.#ended = new AbortController();
    // After a break the lost connection may be counted until the service notices that it is gone.
    this.#after(this.#watchedBefore ? this.#setup.timings.everyMs : this.#setup.timings.firstMs);
    this.#watchedBefore = true;
  }

  /** No connection stands. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#ended.abort();
    this.#suspected = false;
    this.#warning = undefined;
  }

  #after(ms: number): void {
    const { signal } = this.#ended;
    this.#timer = setTimeout(() => void this.#look(signal), ms);
    this.#timer.unref();
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { timings, log, count, ours, changed } = this.#setup;
    try {
      const open = await count(signal);
      if (signal.aborted) return;
      const own = ours();
      const warning =
        open > own
          ? `another program is connected as this app (${open} connections, ${own} of them ours). ${shared}`
          : undefined;
      if (warning !== this.#warning && (this.#suspected || warning === undefined)) {
        this.#warning = warning;
        changed(warning);
      }
      this.#suspected = warning !== undefined;
    } catch (error) {
      if (signal.aborted) return;
      log.debug({ kind: kindOf(error) }, 'the connections of the app cannot be counted');
    }
    this.#after(this.#suspected ? timings.againMs : timings.everyMs);
  }
}
