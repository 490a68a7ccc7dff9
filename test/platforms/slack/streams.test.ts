import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Address } from '../../../src/core/address.ts';
import type { Outgoing, Part } from '../../../src/core/outgoing.ts';
import { waitUntil } from '../../conformance/recording-sink.ts';
import { type Bench, forever, openBench } from './harness.ts';

let bench: Bench;
let channel: string;
let to: Address;

beforeEach(async () => {
  bench = await openBench();
  channel = bench.sim.channel();
  bench.sim.says(channel, 'tell me', { mention: true });
  await waitUntil('the question arrives', () => bench.sink.messages.length === 1);
  const { address } = bench.sink.messages[0] ?? {};
  if (!address) throw new Error('no address');
  to = address;
});
afterEach(() => bench.close());

const part = (markdown: string, footer?: string): Part => {
  const content: Outgoing = { kind: 'text', markdown, ...(footer ? { footer } : {}) };
  const [one] = bench.platform.render(content, to);
  if (!one) throw new Error('nothing rendered');
  return one;
};
const calls = () =>
  bench.sim.calls.map(({ method }) => method).filter((name) => /stream|update|delete/i.test(name));
const texts = () => bench.sim.botMessages(channel).map(({ text }) => text);
const grow = async (...views: string[]) => {
  const [first = '', ...rest] = views;
  const { preview } = bench.platform;
  const ref = await preview.open(to, { markdown: first }, 's1', forever);
  for (const [seq, markdown] of rest.entries()) await preview.update(ref, { markdown }, seq + 1, forever);
  return ref;
};

test('an answer in a thread is streamed: text is only added, and the end closes it', async () => {
  const ref = await grow('The', 'The answer', 'The answer is **42**');
  expect(ref.kind).toBe('stream');
  await bench.platform.preview.finish(ref, part('The answer is **42**', 'opus'), forever);
  expect(calls()).toEqual(['chat.startStream', 'chat.appendStream', 'chat.appendStream', 'chat.stopStream']);
  expect(texts()).toEqual(['The answer is 42\nopus']);
});

test('a text that takes another turn is made right at its end', async () => {
  const ref = await grow('I think', 'Something else', 'Something else entirely');
  const stored = JSON.parse(JSON.stringify(ref)) as typeof ref;
  await bench.platform.preview.finish(stored, part('Something else entirely'), forever);
  expect(calls()).toEqual(['chat.startStream', 'chat.stopStream', 'chat.update']);
  expect(texts()).toEqual(['Something else entirely']);
});

test('a stream is finished after a restart', async () => {
  const ref = await grow('The', 'The answer');
  const { platform } = await bench.again();
  await platform.preview.finish(ref, part('The answer is 42'), forever);
  expect(texts()).toEqual(['The answer is 42']);
});

test('a stream the service has closed is made right by an edit', async () => {
  const ref = await grow('The');
  const message = bench.sim.world.find(channel, ref.ref?.message ?? '');
  if (message) message.streaming = false;
  await bench.platform.preview.update(ref, { markdown: 'The answer' }, 1, forever);
  await bench.platform.preview.finish(ref, part('The answer is 42'), forever);
  expect(texts()).toEqual(['The answer is 42']);
});

test('a stream whose beginning was not answered is found and not left behind', async () => {
  bench.sim.faults.add({ on: 'chat.startStream', trouble: { kind: 'swallow' } });
  await expect(grow('The')).rejects.toMatchObject({ kind: 'ambiguous' });
  const ref = await bench.platform.preview.find?.(to, 's1', forever, Date.now());
  if (!ref) throw new Error('not found');
  await bench.platform.preview.discard(ref, forever);
  expect(texts()).toEqual([]);
});

test('a stream of an earlier life is found, removed and never takes an answer; one that has ended is left alone', async () => {
  const ended = await grow('Before');
  await bench.platform.preview.finish(ended, part('Before'), forever);
  bench.sim.faults.add({ on: 'chat.startStream', trouble: { kind: 'swallow' } });
  await expect(grow('The')).rejects.toMatchObject({ kind: 'ambiguous' });
  const { platform } = await bench.again();
  const ref = await platform.preview.find?.(to, 's1', forever, Date.now());
  if (!ref) throw new Error('not found');
  expect(await platform.preview.finish(ref, part('The answer'), forever)).toBe('resend');
  expect(await platform.preview.find?.(to, 's1', forever, Date.now())).toBeUndefined();
  expect(texts()).toEqual(['Before']);
});

test('a stream that was found is found again under its key, and under no other, until it has ended', async () => {
  bench.sim.faults.add({ on: 'chat.startStream', trouble: { kind: 'swallow' } });
  await expect(grow('The')).rejects.toMatchObject({ kind: 'ambiguous' });
  const { platform } = await bench.again();
  const find = (key: string) => platform.preview.find?.(to, key, forever, Date.now());
  const ref = await find('s1');
  if (!ref) throw new Error('not found');
  bench.sim.faults.add({ on: 'chat.stopStream', trouble: { kind: 'http', status: 502 } });
  await expect(platform.preview.discard(ref, forever)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(await find('s2')).toBeUndefined();
  expect(await find('s1')).toEqual(ref);
  await platform.preview.discard(ref, forever);
  expect(await find('s1')).toBeUndefined();
  expect(texts()).toEqual([]);
});

test('an addition whose answer was lost is not said twice', async () => {
  const ref = await grow('The');
  bench.sim.faults.add({ on: 'chat.appendStream', trouble: { kind: 'swallow' } });
  await bench.platform.preview.update(ref, { markdown: 'The answer' }, 1, forever).catch(() => undefined);
  await bench.platform.preview.update(ref, { markdown: 'The answer is' }, 2, forever);
  await bench.platform.preview.finish(ref, part('The answer is 42'), forever);
  expect(texts()).toEqual(['The answer is 42']);
});

test('where there are no streams messages are edited, and it is asked only once', async () => {
  bench.sim.streams = false;
  for (const key of ['a', 'b']) {
    const ref = await bench.platform.preview.open(to, { markdown: 'The' }, key, forever);
    await bench.platform.preview.finish(ref, part(`${key} is 42`), forever);
  }
  expect(texts()).toEqual(['a is 42', 'b is 42']);
  expect(calls()).toEqual(['chat.startStream', 'chat.update', 'chat.update']);
});

test('a direct chat without thread is edited, and so is everything with streaming = false', async () => {
  const direct = await bench.platform.preview.open(bench.direct, { markdown: 'The' }, 'd', forever);
  expect(direct.kind).toBe('message');
  const { platform } = await bench.again({ streaming: false });
  const ref = await platform.preview.open(to, { markdown: 'The' }, 'e', forever);
  expect(ref.kind).toBe('message');
});
