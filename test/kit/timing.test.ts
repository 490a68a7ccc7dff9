import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { Backoff } from '../../src/kit/backoff.ts';
import { withDeadline } from '../../src/kit/deadline.ts';
import { Pacer } from '../../src/kit/pace.ts';
import { TokenBucket } from '../../src/kit/token-bucket.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('backoff', () => {
  it('doubles up to its limit, jittered over the upper half', () => {
    const low = new Backoff({ baseMs: 100, maxMs: 1000, random: () => 0 });
    expect(Array.from({ length: 6 }, () => low.next())).toEqual([50, 100, 200, 400, 500, 500]);
    const high = new Backoff({ baseMs: 100, maxMs: 1000, random: () => 1 });
    expect(Array.from({ length: 5 }, () => high.next())).toEqual([100, 200, 400, 800, 1000]);
  });

  it('waits at least as long as it was told to', () => {
    expect(new Backoff({ baseMs: 100 }).next(5_000)).toBe(5_000);
  });

  it('starts again only after a connection that held', () => {
    let now = 0;
    const backoff = new Backoff({ baseMs: 100, stableMs: 1_000, random: () => 1, now: () => now });
    backoff.next();
    backoff.up();
    now = 999;
    expect(backoff.next()).toBe(200);
    backoff.up();
    now = 1_999;
    backoff.up();
    expect(backoff.next()).toBe(100);
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });
});

describe('a pacer', () => {
  function recorded(fail: (value: string) => unknown = () => undefined) {
    const calls: string[] = [];
    const release: (() => void)[] = [];
    const errors: unknown[] = [];
    const pacer = new Pacer<string>(
      (value) => {
        calls.push(value);
        return new Promise((resolve, reject) => {
          const error = fail(value);
          release.push(() => (error === undefined ? resolve() : reject(error)));
        });
      },
      { minIntervalMs: 100, onError: (error) => errors.push(error) },
    );
    const finish = async () => {
      release.shift()?.();
      await vi.advanceTimersByTimeAsync(0);
    };
    return { pacer, calls, errors, finish };
  }

  it('has one call in flight and sends only the latest of what came meanwhile', async () => {
    const { pacer, calls, finish } = recorded();
    for (const value of ['a', 'b', 'c']) pacer.offer(value);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(calls).toEqual(['a']);
    await finish();
    expect(calls).toEqual(['a', 'c']);
  });

  it('keeps its distance between calls', async () => {
    const { pacer, calls, finish } = recorded();
    pacer.offer('a');
    await finish();
    pacer.offer('b');
    await vi.advanceTimersByTimeAsync(99);
    expect(calls).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toEqual(['a', 'b']);
  });

  it('waits as long as it is told to and sends the value again, or a newer one', async () => {
    const limited = new AppError('x', 'slow down', { kind: 'rate_limit', retryAfterMs: 5_000 });
    const { pacer, calls, errors, finish } = recorded((value) => (value === 'a' ? limited : undefined));
    pacer.offer('a');
    await finish();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(calls).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toEqual(['a', 'a']);
    pacer.offer('b');
    await finish();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(calls).toEqual(['a', 'a', 'b']);
    expect(errors).toEqual([]);
  });

  it('tells other errors and goes on with the next value', async () => {
    const { pacer, calls, errors, finish } = recorded((value) =>
      value === 'a' ? new Error('no') : undefined,
    );
    pacer.offer('a');
    await finish();
    expect(errors).toEqual([new Error('no')]);
    pacer.offer('b');
    await vi.advanceTimersByTimeAsync(100);
    expect(calls).toEqual(['a', 'b']);
  });

  it('stops: waits for the call in flight, drops the rest, leaves no timer', async () => {
    const { pacer, calls, finish } = recorded();
    pacer.offer('a');
    pacer.offer('b');
    let stopped = false;
    const stopping = pacer.stop().then(() => (stopped = true));
    await vi.advanceTimersByTimeAsync(10);
    expect(stopped).toBe(false);
    await finish();
    await stopping;
    pacer.offer('c');
    expect(calls).toEqual(['a']);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a token bucket', () => {
  it('gives its capacity at once and refills with time', () => {
    let now = 0;
    const bucket = new TokenBucket({ capacity: 2, perSecond: 4, now: () => now });
    expect([bucket.tryTake(), bucket.tryTake(), bucket.tryTake()]).toEqual([true, true, false]);
    expect(bucket.waitMs()).toBe(250);
    now = 250;
    expect([bucket.waitMs(), bucket.tryTake(), bucket.tryTake()]).toEqual([0, true, false]);
    now = 100_000;
    expect(bucket.full).toBe(true);
    expect([bucket.tryTake(2), bucket.tryTake()]).toEqual([true, false]);
    expect(bucket.waitMs(3)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a deadline', () => {
  const never = () => new Promise<never>(() => undefined);

  it('gives the result and leaves no timer', async () => {
    expect(await withDeadline('it', 50, undefined, async () => 7)).toBe(7);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends a task that ignores its signal', async () => {
    const result = withDeadline('the call', 50, undefined, never).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(50);
    expect(await result).toMatchObject({ code: 'deadline', message: 'the call took longer than 50 ms' });
  });

  it('follows its parent, before and during', async () => {
    const parent = new AbortController();
    let inner: AbortSignal | undefined;
    const result = withDeadline('it', 50, parent.signal, (signal) => {
      inner = signal;
      return never();
    }).catch((error: unknown) => error);
    parent.abort('stop');
    expect(await result).toBe('stop');
    expect(inner?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    await expect(withDeadline('it', 50, parent.signal, async () => 1)).rejects.toBe('stop');
  });
});
