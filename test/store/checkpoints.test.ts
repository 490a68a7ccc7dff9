import { afterEach, expect, it, vi } from 'vitest';
import type { Database } from '../../src/kit/sqlite.ts';
import { Checkpoints } from '../../src/store/checkpoints.ts';

afterEach(() => vi.useRealTimers());

it('tells of a log that cannot be folded, and tries again at the next pause', () => {
  vi.useFakeTimers();
  let full = true;
  const folds: boolean[] = [];
  const pragma = (what: string) => {
    if (!what.startsWith('wal_checkpoint')) return;
    folds.push(!full);
    if (full) throw new Error('database or disk is full');
  };
  const told: unknown[] = [];
  const checkpoints = new Checkpoints({ pragma } as unknown as Database, undefined, (error) =>
    told.push(error),
  );
  checkpoints.committed(100);
  vi.advanceTimersByTime(60);
  expect(told).toEqual([new Error('database or disk is full')]);
  full = false;
  checkpoints.committed(1);
  vi.advanceTimersByTime(60);
  expect(folds).toEqual([false, true]);
  checkpoints.close();
});
