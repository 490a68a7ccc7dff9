import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Memory } from '../../../src/platforms/discord/memory.ts';
import { recordingLog } from '../../conformance/recording-sink.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'discord-memory-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a session is on disk before anything that it tells is read, and stays there', async () => {
  const path = join(folder, 'platforms', 'memory.json');
  const memory = new Memory(path, recordingLog());
  await memory.load();
  const session = { id: 's1', resumeUrl: 'wss://x', seq: 1 };
  memory.menu = 'older';
  memory.begin(session);
  const kept = () => JSON.parse(readFileSync(path, 'utf8')) as { session: unknown; menu: string };
  expect(kept().session).toEqual(session);
  await memory.close();
  expect(kept()).toMatchObject({ session, menu: 'older' });
});

test.skipIf(process.platform === 'win32').each([
  ['at once', (memory: Memory) => memory.begin({ id: 's1', resumeUrl: 'wss://x', seq: 1 })],
  ['later', (memory: Memory) => memory.forget('c1')],
])('its folder, made %s, is closed to others', async (_, change) => {
  const path = join(folder, 'platforms', 'memory.json');
  const memory = new Memory(path, recordingLog());
  await memory.load();
  change(memory);
  await memory.close();
  expect(statSync(join(folder, 'platforms')).mode & 0o777).toBe(0o700);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a folder that cannot be written is told in the log and ends nothing', async () => {
  writeFileSync(join(folder, 'file'), '');
  const log = recordingLog();
  const memory = new Memory(join(folder, 'file', 'memory.json'), log);
  memory.begin({ id: 's1', resumeUrl: 'wss://x', seq: 1 });
  await memory.close();
  expect(JSON.stringify(log.lines)).toContain('could not be written');
});
