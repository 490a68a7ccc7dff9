import { expect, test } from 'vitest';
import { Turnstile } from '../../src/kit/turnstile.ts';

const turnOfTheLoop = () => new Promise<void>((resolve) => setImmediate(resolve));

test('the first passes at once, the others one in each turn of the event loop, in order', async () => {
  const turnstile = new Turnstile();
  const passed: number[] = [];
  for (const number of [1, 2, 3]) void turnstile.pass().then(() => passed.push(number));
  await Promise.resolve();
  expect(passed).toEqual([1]);
  await turnOfTheLoop();
  expect(passed).toEqual([1, 2]);
  await turnOfTheLoop();
  expect(passed).toEqual([1, 2, 3]);
  await turnOfTheLoop();
  await turnOfTheLoop();
  let again = false;
  void turnstile.pass().then(() => {
    again = true;
  });
  await Promise.resolve();
  expect(again).toBe(true);
});
