import { seeded } from '../sim/feishu/faults.ts';

/** Chance with a seed, so that a cycle can be planned again. */
export class Dice {
  readonly #draw: () => number;

  constructor(seed: number) {
    this.#draw = seeded(seed);
    // The first numbers of neighbouring seeds are alike.
    for (let at = 0; at < 8; at++) this.#draw();
  }

  chance(share: number): boolean {
    return this.#draw() < share;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.#draw() * (high - low + 1));
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[Math.floor(this.#draw() * from.length)] ?? from[0];
  }

  seed(): number {
    return this.between(1, 2 ** 30);
  }
}
