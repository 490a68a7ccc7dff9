import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { limited } from '../../src/kit/deadline.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A task that ends with its signal only. */
function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

describe('a task with a time limit', () => {
  it('is told in time although nobody else holds the limit and the memory is cleaned up', async () => {
    const parent = new AbortController();
    let reason: unknown;
    limited(150, [parent.signal], endless).catch((error: unknown) => {
      reason = error;
    });
    for (let round = 0; round < 5; round += 1) {
      collect();
      await sleep(10);
    }
    await expect.poll(() => reason, { timeout: 2_000 }).toMatchObject({ name: 'TimeoutError' });
  });

  it('is told when a parent ends', async () => {
    const parent = new AbortController();
    const task = limited(60_000, [parent.signal], endless);
    parent.abort(new Error('enough'));
    await expect(task).rejects.toThrow('enough');
  });

  it('is told at once when a parent has ended before', async () => {
    const parents = [new AbortController().signal, AbortSignal.abort(new Error('over'))];
    await expect(limited(60_000, parents, endless)).rejects.toThrow('over');
  });

  it('leaves nothing behind on a parent that lives longer', async () => {
    const parent = new AbortController();
    const tasks = Array.from({ length: 30 }, (_, at) =>
      limited(at % 2 === 0 ? 5 : 60_000, [parent.signal], (signal) =>
        at % 2 === 0 ? endless(signal) : sleep(5),
      ),
    );
    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(30);
    await Promise.allSettled(tasks);
    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(0);
  });
});
