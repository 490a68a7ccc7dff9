import { beforeEach, expect, it, vi } from 'vitest';
import { AppError, type ErrorKind } from '../../src/core/errors.ts';
import { patiently } from '../../src/kit/patiently.ts';
import { recordingLog } from '../conformance/recording-sink.ts';

const waits = vi.hoisted((): number[] => []);
vi.mock('node:timers/promises', () => ({ setTimeout: async (ms: number) => void waits.push(ms) }));
beforeEach(() => void waits.splice(0));
const forever = new AbortController().signal;
const failing = (kind: ErrorKind, retryAfterMs?: number) =>
  new AppError('x', 'no', { kind, ...(retryAfterMs ? { retryAfterMs } : {}) });

it('waits longer each time, and as long as the service asks for', async () => {
  const log = recordingLog();
  const answers = [failing('network'), failing('unavailable'), failing('rate_limit', 7_000), 'yes'];
  const asked = await patiently({ firstMs: 100, log, signal: forever }, 'it', async () => {
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next;
  });
  expect(asked).toBe('yes');
  expect(waits).toEqual([100, 200, 7_000]);
});

it('gives up at once on what does not pass, and after its attempts', async () => {
  const log = recordingLog();
  let count = 0;
  const ask = (kind: ErrorKind) => async () => {
    count += 1;
    throw failing(kind);
  };
  await expect(patiently({ firstMs: 1, log, signal: forever }, 'it', ask('auth'))).rejects.toThrow('no');
  expect(count).toBe(1);
  count = 0;
  const thrice = patiently({ firstMs: 1, attempts: 3, log, signal: forever }, 'it', ask('network'));
  await expect(thrice).rejects.toMatchObject({ kind: 'network' });
  expect(count).toBe(3);
  expect(waits).toEqual([1, 2]);
});
