import { expect, test } from 'vitest';
import { sharedNext } from '../../src/kit/shared-next.ts';

test('calls made during a look share the next one, which begins after they asked', async () => {
  let looks = 0;
  const ends: (() => void)[] = [];
  const look = sharedNext(async () => {
    const number = ++looks;
    await new Promise<void>((resolve) => ends.push(resolve));
    return number;
  });
  const first = look();
  await Promise.resolve();
  const [second, third] = [look(), look()];
  ends.shift()?.();
  expect(await first).toBe(1);
  await new Promise((resolve) => setImmediate(resolve));
  ends.shift()?.();
  expect(await Promise.all([second, third])).toEqual([2, 2]);
});

test('a look that fails fails for those who shared it, and the next one begins all the same', async () => {
  let looks = 0;
  const look = sharedNext(async () => {
    if (++looks === 1) throw new Error('gone');
    return looks;
  });
  await expect(look()).rejects.toThrow('gone');
  expect(await look()).toBe(2);
});
