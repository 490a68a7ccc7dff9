import type { Dice } from './dice.ts';

/** A connection that is cut again and again, at times drawn before. */
export class Interruptions {
  readonly #cut: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(cut: () => void) {
    this.#cut = cut;
  }

  start(dice: Dice): void {
    const waits = Array.from({ length: 8 }, () => dice.between(150, 1500));
    const next = () => {
      const wait = waits.shift();
      if (wait === undefined) return;
      this.#timer = setTimeout(() => {
        this.#cut();
        next();
      }, wait);
    };
    next();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
