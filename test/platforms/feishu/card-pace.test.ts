import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import type { Part } from '../../../src/core/outgoing.ts';
import type { PreviewAbility, PreviewRef } from '../../../src/core/platform.ts';
import { CardPace } from '../../../src/platforms/feishu/card-pace.ts';
import { seededRandom } from '../../kit/seeded-random.ts';
import { Rate } from '../../sim/feishu/rate.ts';
import { type Bench, forever, openBench } from './harness.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What comes of a call: 0 when it was made, else how long to wait. */
async function waitOf(call: Promise<unknown>): Promise<number> {
  try {
    await call;
    return 0;
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'rate_limit') throw error;
    return error.retryAfterMs ?? 0;
  }
}

describe('the pace of an app', () => {
  let clock: number;
  let pace: CardPace;
  beforeEach(() => {
    clock = 1_000;
    pace = new CardPace(() => clock);
  });

  /** As a preview does it: again when told to wait, at its own pace else. Returns the times of each card's calls. */
  async function stream(cards: number, lastsMs: number, finals = 0): Promise<number[][]> {
    const due = Array.from({ length: cards }, () => clock);
    const made: number[][] = Array.from({ length: cards + 1 }, () => []);
    const random = seededRandom(3);
    for (const end = clock + lastsMs; clock < end; clock += 20) {
      if (random() < (finals * 20) / 1_000) {
        pace.urgent();
        made[cards]?.push(clock);
      }
      for (const [card, at] of due.entries()) {
        if (clock < at) continue;
        const wait = await waitOf(pace.update(String(card)));
        if (wait === 0) made[card]?.push(clock);
        due[card] = clock + (wait === 0 ? 250 : wait);
      }
    }
    return made;
  }

  test('keeps a hundred cards below the limits of the service, with room for finals', async () => {
    const made = (await stream(100, 90_000, 1)).flat().sort((a, b) => a - b);
    const rate = new Rate(50, 1_000);
    expect(made.filter((at) => !rate.take(at))).toEqual([]);
    expect(made.length).toBeGreaterThan(14 * 90);
  });

  test('gives each of a hundred cards about as much as the others', async () => {
    const updates = (await stream(100, 90_000)).slice(0, 100).map(({ length }) => length);
    expect(Math.min(...updates)).toBeGreaterThan(Math.max(...updates) / 2);
  });

  test('lets one card stream as fast as it likes', async () => {
    expect((await stream(1, 10_000)).flat().length).toBeGreaterThan(35);
  });

  test('takes nothing for answers that were over before their turn came', async () => {
    for (let card = 0; card < 300; card++) await waitOf(pace.update(String(card)));
    clock += 1_000;
    expect(await waitOf(pace.update('another'))).toBe(0);
  });

  test('lets what is urgent go first', async () => {
    for (let card = 0; card < 15; card++) await pace.update(String(card));
    for (let final = 0; final < 30; final++) pace.urgent();
    const wait = await waitOf(pace.update('y'));
    expect(wait).toBeGreaterThan(1_900);
    clock += wait;
    expect(await waitOf(pace.update('y'))).toBe(0);
  });
});

describe('ten cards that stream at once', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const ability = (): PreviewAbility => {
    if (!bench.platform.preview) throw new Error('no previews');
    return bench.platform.preview;
  };
  const part = (markdown: string): Part => {
    const [first] = bench.platform.render({ kind: 'text', markdown }, bench.direct);
    if (!first) throw new Error('nothing rendered');
    return first;
  };

  async function streaming(at: number, lastsMs: number): Promise<{ updates: number; finalMs: number }> {
    const until = performance.now() + lastsMs;
    let ref: PreviewRef | undefined;
    let updates = 0;
    while (performance.now() < until) {
      const view = { markdown: `card ${at}: ${'word '.repeat(updates)}` };
      const turn = ref
        ? ability().update(ref, view, updates, forever)
        : ability().open(bench.direct, view, `p${at}`, forever);
      const wait = await waitOf(
        turn.then((changed) => {
          ref = changed ?? ref;
          updates += 1;
        }),
      );
      await pause(wait);
    }
    if (!ref) throw new Error('it was never shown');
    const begun = performance.now();
    await ability().finish(ref, part(`card ${at} is done`), forever);
    return { updates, finalMs: performance.now() - begun };
  }

  test('[feature: many cards at once] meet no limit, and their finals do not wait', async () => {
    const cards = await Promise.all(Array.from({ length: 10 }, (_, at) => streaming(at, 26_000 - at * 100)));
    expect(bench.sim.http.cardRates.refused).toBe(0);
    const updates = cards.map((one) => one.updates);
    expect(Math.min(...updates)).toBeGreaterThan(20);
    expect(Math.max(...cards.map(({ finalMs }) => finalMs))).toBeLessThan(1_000);
    const seen = bench.sim.messages(bench.direct.chat);
    expect(seen.map(({ text }) => text).sort()).toEqual(cards.map((_, at) => `card ${at} is done`).sort());
    expect(seen.some(({ generating }) => generating)).toBe(false);
  }, 60_000);

  test('a limit met all the same is told as one, and the final comes with the repeat', async () => {
    const ref = await ability().open(bench.direct, { markdown: 'Hm' }, 'p', forever);
    bench.sim.faults.add({ on: 'card.settings', trouble: { kind: 'code', code: 99991400, status: 429 } });
    await expect(ability().finish(ref, part('done'), forever)).rejects.toMatchObject({ kind: 'rate_limit' });
    await ability().finish(ref, part('done'), forever);
    expect(bench.sim.messages(bench.direct.chat)).toMatchObject([{ text: 'done', generating: false }]);
  });
});
