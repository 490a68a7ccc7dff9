import { describe, expect, it } from 'vitest';
import { AsyncQueue } from '../../src/kit/async-queue.ts';
import { KeyedChain } from '../../src/kit/keyed-chain.ts';

describe('an async queue', () => {
  it('gives items in order to a reader that waits, and ends after close', async () => {
    const queue = new AsyncQueue<number>(10);
    const read: number[] = [];
    const reading = (async () => {
      for await (const item of queue) read.push(item);
    })();
    queue.push(1);
    await Promise.resolve();
    queue.push(2);
    queue.push(3);
    queue.close();
    await reading;
    expect(read).toEqual([1, 2, 3]);
  });

  it('refuses items when full or closed instead of growing', () => {
    const queue = new AsyncQueue<number>(1);
    expect([queue.push(1), queue.push(2), queue.size]).toEqual([true, false, 1]);
    queue.close();
    expect(queue.push(3)).toBe(false);
  });
});

describe('a keyed chain', () => {
  it('runs tasks of a key in turn, of other keys beside it, and forgets idle keys', async () => {
    const chain = new KeyedChain();
    const order: string[] = [];
    const task = (name: string, wait: Promise<void>) => async () => {
      order.push(`${name} starts`);
      await wait;
      order.push(`${name} ends`);
    };
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const first = chain.run('a', task('a1', gate));
    const second = chain.run('a', task('a2', Promise.resolve()));
    await chain.run('b', task('b1', Promise.resolve()));
    expect(order).toEqual(['a1 starts', 'b1 starts', 'b1 ends']);
    go();
    await Promise.all([first, second]);
    await chain.idle();
    expect(order.slice(3)).toEqual(['a1 ends', 'a2 starts', 'a2 ends']);
    expect(chain.active).toBe(0);
  });

  it('goes on after a task that failed, and tells its caller', async () => {
    const chain = new KeyedChain();
    const failed = chain.run('a', () => Promise.reject(new Error('no')));
    const next = chain.run('a', async () => 'fine');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('fine');
  });
});
