import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recordedMemory } from '../../src/cli/recorded-memory.ts';
import { type AccountId, asId } from '../../src/core/ids.ts';
import { StoreMemory } from '../../src/store/memory.ts';
import { Queries } from '../../src/store/queries.ts';
import { Store } from '../../src/store/store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cc-memory-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bot = asId<AccountId>('weixin:bot');
const open = () => Store.open({ path: join(folder, 'state.db'), durability: 'full' });
const memoryOf = (store: Store, account = bot) => new StoreMemory(store, new Queries(store.read), account);

it('is there after a restart, for its own account only, the last written one last', async () => {
  const store = await open();
  const memory = memoryOf(store);
  expect(memory.read('cursor')).toBeUndefined();
  await memory.write('token:a_b', 'one');
  await new Promise((resolve) => setTimeout(resolve, 5));
  await memory.write('token:c', 'two');
  await new Promise((resolve) => setTimeout(resolve, 5));
  await memory.write('token:a_b', 'three');
  await memory.write('cursor', '7');
  await store.close();
  const again = await open();
  expect(memoryOf(again).read('cursor')).toBe('7');
  expect([...memoryOf(again).list('token:')]).toEqual([
    ['c', 'two'],
    ['a_b', 'three'],
  ]);
  expect(memoryOf(again, asId<AccountId>('weixin:other')).list('')).toEqual(new Map());
  await again.close();
});

it('can be read beside the daemon, and by those who try an adapter out', async () => {
  expect(recordedMemory(folder, bot).list('')).toEqual(new Map());
  const store = await open();
  await memoryOf(store).write('cursor', '7');
  const beside = recordedMemory(folder, bot);
  await beside.write('cursor', '8');
  expect(beside.read('cursor')).toBe('8');
  expect(memoryOf(store).read('cursor')).toBe('7');
  await store.close();
});
