import { expect, test } from 'vitest';
import { OutputTail } from '../../../src/kit/acp/output-tail.ts';

test('keeps the last bytes and says that something is missing', () => {
  const tail = new OutputTail(8);
  tail.push(Buffer.from('1234'));
  expect([tail.toString(), tail.truncated]).toEqual(['1234', false]);
  for (const part of ['5678', '90', 'abcdefgh', 'ij']) tail.push(Buffer.from(part));
  expect([tail.toString(), tail.truncated]).toEqual(['cdefghij', true]);
});

test('begins with a whole character', () => {
  const tail = new OutputTail(7);
  tail.push(Buffer.from('äöü€€'));
  expect(tail.toString()).toBe('€€');
  expect(tail.truncated).toBe(true);
});
