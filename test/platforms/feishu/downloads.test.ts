import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RemoteFile } from '../../../src/core/inbound.ts';
import { waitUntil } from '../../conformance/recording-sink.ts';
import { type Bench, forever, openBench } from './harness.ts';

let bench: Bench;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'feishu-'));
  bench = await openBench();
});
afterEach(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

const target = () => join(folder, 'in');
const fetching = async (name = 'notes.txt', bytes = 'the notes') => {
  const file_key = bench.sim.file('file', name, Buffer.from(bytes));
  bench.sim.userSends({ type: 'file', content: { file_key, file_name: name } });
  await waitUntil('the message', () => bench.sink.messages.length > 0);
  const file = bench.sink.messages[0]?.files?.[0] as RemoteFile;
  return () => bench.platform.files.download(file, target(), 1_000_000, forever);
};

test('[feature: refused downloads] a refusal with HTTP 200 is no file', async () => {
  const download = await fetching();
  bench.sim.faults.add({ on: 'resource.get', trouble: { kind: 'code', code: 234003, status: 200 } });
  await expect(download()).rejects.toMatchObject({ kind: 'not_found', feishuCode: 234003 });
  expect(existsSync(target())).toBe(false);
});

test.each([200, 400])('a token refused with HTTP %i is renewed, and the file comes', async (status) => {
  const download = await fetching();
  bench.sim.faults.add({ on: 'resource.get', trouble: { kind: 'code', code: 99991663, status } });
  expect(await download()).toMatchObject({ bytes: 9 });
  expect(await readFile(target(), 'utf8')).toBe('the notes');
  expect(bench.sim.calls.filter(({ op }) => op === 'resource.get')).toHaveLength(2);
});

test.each([
  ['half an object', 200, '{"code": 23400', 'unavailable'],
  ['a list', 200, '[]', 'unavailable'],
  ['success without a file', 200, '{"code":0,"msg":"ok"}', 'unavailable'],
  ['no end', 200, `{"code":234003,"msg":"${'x'.repeat(200_000)}"}`, 'unavailable'],
  ['half an object', 502, '{"code": 23400', 'unavailable'],
  ['half an object', 404, '{broken', 'not_found'],
])('JSON that is %s, with HTTP %i, is an error with a kind', async (_what, status, body, kind) => {
  const download = await fetching();
  bench.sim.faults.add({ on: 'resource.get', trouble: { kind: 'http', status, body } });
  await expect(download()).rejects.toMatchObject({ kind });
  expect(existsSync(target())).toBe(false);
});

test('a JSON file that somebody sent stays a file', async () => {
  const text = '{"code":1,"msg":"mine"}';
  const download = await fetching('data.json', text);
  expect(await download()).toMatchObject({ name: 'data.json' });
  expect(await readFile(target(), 'utf8')).toBe(text);
});
