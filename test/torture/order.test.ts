import { describe, expect, it } from 'vitest';
import type { StoredInput } from './evidence.ts';
import { outOfOrder, type Placed } from './order.ts';

/** `at`: its place in the order of writing, which is also that of the clock. */
function placed(
  at: number,
  position: number,
  times: { received: number; started: number },
  row: Partial<StoredInput> = {},
): Placed {
  const stored = { id: `i${times.received}`, message: `m${at}`, chat: 'c', kind: 'message', state: 'done' };
  const all = { ...stored, turn: `t${at}`, finished: true, sessionKey: 'k', album: false, platformAt: at };
  const own = {
    receivedAt: times.received,
    startedAt: times.started,
    finishedAt: times.started + 50,
    stoppedAt: null,
  };
  return { name: `T${at}`, position, row: { ...all, ...own, ...row } };
}

describe('the check of the order', () => {
  it('is content with the order of writing', () =>
    expect(
      outOfOrder([placed(1, 0, { received: 0, started: 5 }), placed(2, 1, { received: 10, started: 2000 })]),
    ).toEqual([]));

  it('sees what waited together and ran in the order of arrival', () =>
    expect(
      outOfOrder([
        placed(1, 1, { received: 20, started: 3000 }),
        placed(2, 0, { received: 10, started: 2000 }),
      ]),
    ).toHaveLength(1));

  it('lets an idle conversation begin with what came first', () =>
    expect(
      outOfOrder([
        placed(1, 1, { received: 200, started: 900 }),
        placed(2, 0, { received: 10, started: 12 }),
      ]),
    ).toEqual([]));

  it('sees every pair, not neighbours only', () =>
    expect(
      outOfOrder([
        placed(1, 2, { received: 0, started: 4000 }),
        placed(2, 0, { received: 1, started: 2000 }),
        placed(3, 1, { received: 2, started: 3000 }),
      ]),
    ).toHaveLength(2));

  it('asks nothing of different conversations', () =>
    expect(
      outOfOrder([
        placed(1, 1, { received: 20, started: 3000 }),
        placed(2, 0, { received: 10, started: 2000 }, { sessionKey: 'other' }),
      ]),
    ).toEqual([]));
});
