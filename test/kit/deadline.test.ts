import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { within } from '../../src/kit/deadline.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('a signal with a time limit', () => {
  it('comes in time although nobody else holds the limit and the memory is cleaned up', async () => {
    const parent = new AbortController();
    let reason: unknown;
    within(150, parent.signal).addEventListener('abort', (event) => {
      reason = (event.target as AbortSignal).reason;
    });
    for (let round = 0; round < 5; round += 1) {
      collect();
      await sleep(10);
    }
    await expect.poll(() => reason, { timeout: 2_000 }).toMatchObject({ name: 'TimeoutError' });
  });

  it('comes with its parent', () => {
    const parent = new AbortController();
    const signal = within(60_000, parent.signal);
    parent.abort(new Error('enough'));
    expect(signal.reason).toMatchObject({ message: 'enough' });
  });

  it('is over at once when a parent is', () => {
    const signal = within(60_000, new AbortController().signal, AbortSignal.abort(new Error('over')));
    expect(signal.reason).toMatchObject({ message: 'over' });
  });

  it('leaves nothing behind on a parent that lives longer', async () => {
    const parent = new AbortController();
    const signals = Array.from({ length: 30 }, () => within(5, parent.signal));
    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(30);
    await expect.poll(() => signals.every((signal) => signal.aborted)).toBe(true);
    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(0);
  });
});
