import {
  closeSync,
  constants,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccountId, InputId, ProjectName, SessionKey } from '../../src/core/ids.ts';
import { asId } from '../../src/core/ids.ts';
import { startTime } from '../../src/kit/process/process-table.ts';
import { openSqlite } from '../../src/kit/sqlite.ts';
import { acquireLock, lockHolder } from '../../src/store/lock.ts';
import { migrations } from '../../src/store/migrations.ts';
import { Queries } from '../../src/store/queries.ts';
import type { InputRow } from '../../src/store/rows.ts';
import { Store, type Urgency } from '../../src/store/store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cc-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () => Store.open({ path: join(folder, 'state.db'), durability: 'full' });

function input(id: string, dedupeKey: string): InputRow {
  const account = asId<AccountId>('sim:1');
  return {
    id: asId<InputId>(id),
    project: asId<ProjectName>('p'),
    account,
    dedupeKey,
    sessionKey: asId<SessionKey>('sim:c:u'),
    sessionId: null,
    agent: null,
    kind: 'message',
    state: 'queued',
    message: id,
    promptId: null,
    turnId: null,
    body: {
      kind: 'message',
      dedupeKey,
      address: { account, chat: 'c', direct: true },
      sender: { id: 'u' },
      at: 1,
      message: id,
      text: 'hi',
      addressed: true,
    },
    detail: null,
    attempts: 0,
    platformAt: 1,
    receivedAt: 1,
    finishedAt: null,
  };
}

/** SQLite opens its files so that they are not found through links. */
function refusesLinks(fd: string): boolean {
  const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0';
  return (Number.parseInt(flags, 8) & constants.O_NOFOLLOW) !== 0;
}

function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined; // the one that lists the folder
  }
}

/** Takes away from under the writer the descriptor it syncs by, which is not one of SQLite's. */
function refuseSyncs(path: string): void {
  const own = readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === `${path}-wal` && !refusesLinks(fd));
  expect(own).toHaveLength(1);
  closeSync(Number(own[0]));
}

/** A store that has taken one input, and whose disk refuses from then on. */
async function openToRefuse(first = 'a') {
  const path = join(folder, 'state.db');
  const lost: string[] = [];
  const store = await Store.open({ path, durability: 'full', lost: ({ code }) => lost.push(code) });
  await store.commit('acceptInput', { input: input(first, `m:${first}`) });
  refuseSyncs(path);
  return { store, lost };
}

describe('store', () => {
  it('lets a change that nobody waits for share the commit of the next one, in the order of the calls', async () => {
    const store = await open();
    const order: string[] = [];
    const add = (id: string, urgency: Urgency) =>
      store.commit('acceptInput', { input: input(id, `m:${id}`) }, urgency).then(() => order.push(id));
    const soon = add('a', 'in_company');
    const urgent = add('b', 'awaited');
    await urgent;
    expect(order).toEqual(['a', 'b']);
    await soon;
    const beganAt = performance.now();
    await add('c', 'in_company');
    expect(performance.now() - beganAt).toBeGreaterThan(2);
    void add('d', 'in_company');
    await store.close();
    const again = await open();
    const rows = new Queries(again.read).openInputs(asId('p'));
    expect(rows.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    await again.close();
  });

  it('commits at once what waits for company when somebody comes to need it', async () => {
    const store = await open();
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      const soon = store.commit('acceptInput', { input: input('a', 'm:a') }, 'in_company');
      store.hurry();
      await soon;
    } finally {
      vi.useRealTimers();
    }
    expect(new Queries(store.read).openInputs(asId('p')).map(({ id }) => id)).toEqual(['a']);
    await store.close();
  });

  it.runIf(process.platform === 'linux')(
    'acknowledges nothing that the disk refused to sync, and says once that it is lost',
    async () => {
      const { store, lost } = await openToRefuse();
      const refused = store.commit('acceptInput', { input: input('b', 'm:b') });
      await expect(refused).rejects.toMatchObject({ code: 'store_writer' });
      await expect(store.commit('acceptInput', { input: input('c', 'm:c') })).rejects.toMatchObject({
        code: 'store_writer',
      });
      expect(lost).toEqual(['store_writer']);
      await store.close();
      const again = await open();
      const rows = new Queries(again.read).openInputs(asId('p'));
      expect(rows.map(({ id }) => id)).not.toContain('c');
      await again.close();
    },
  );

  it.runIf(process.platform === 'linux')(
    'syncs what nobody waits for in the next pause, and with what somebody waits for',
    async () => {
      const { store, lost } = await openToRefuse();
      await store.commit('acceptInput', { input: input('b', 'm:b') }, 'in_company');
      expect(lost).toEqual([]);
      await vi.waitFor(() => expect(lost).toEqual(['store_writer']), { timeout: 2_000 });
      await store.close();
      const { store: again } = await openToRefuse('b2');
      const soon = again.commit('acceptInput', { input: input('c', 'm:c') }, 'in_company');
      const urgent = again.commit('acceptInput', { input: input('d', 'm:d') });
      await expect(urgent).rejects.toMatchObject({ code: 'store_writer' });
      await expect(soon).rejects.toMatchObject({ code: 'store_writer' });
      await again.close();
    },
  );

  it('gives its log a length once it is used, so that a commit waits for its own data only', async () => {
    const store = await open();
    const length = () => statSync(join(folder, 'state.db-wal')).size;
    for (let at = 0; at < 100; at++) await store.commit('acceptInput', { input: input(`i${at}`, `m:${at}`) });
    await vi.waitFor(() => expect(length()).toBe(8 * 1024 * 1024), { timeout: 5000 });
    await store.commit('acceptInput', { input: input('last', 'm:last') });
    expect(length()).toBe(8 * 1024 * 1024);
    // A killed process leaves it like this.
    for (const end of ['', '-wal'])
      copyFileSync(join(folder, `state.db${end}`), join(folder, `copy.db${end}`));
    await store.close();
    const copy = openSqlite(join(folder, 'copy.db'));
    expect(copy.prepare("SELECT count(*) FROM inputs WHERE id = 'last'").pluck().get()).toBe(1);
    expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
    copy.close();
  });

  it('folds its log back into the file in a pause, and now and then without one', async () => {
    const store = await open();
    const path = join(folder, 'state.db');
    const folded = () => {
      // A copy without the log holds what was folded.
      copyFileSync(path, join(folder, 'copy.db'));
      const copy = openSqlite(join(folder, 'copy.db'));
      try {
        const there = copy.prepare("SELECT 1 FROM sqlite_master WHERE name = 'inputs'").get() !== undefined;
        const counted = there ? copy.prepare('SELECT count(*) AS n FROM inputs').get() : { n: 0 };
        return (counted as { n: number }).n;
      } catch {
        return -1; // copied while it was being folded
      } finally {
        copy.close();
      }
    };
    const add = (id: number) => store.commit('acceptInput', { input: input(`i${id}`, `m:${id}`) });
    for (let id = 0; id < 150; id++) await add(id);
    expect(folded()).toBeLessThan(150);
    await vi.waitFor(() => expect(folded()).toBe(150), { timeout: 5_000, interval: 50 });
    for (let round = 0; round < 12; round++)
      await Promise.all(Array.from({ length: 100 }, (_, at) => add(1_000 + round * 100 + at)));
    await vi.waitFor(() => expect(folded()).toBeGreaterThanOrEqual(1_000));
    await store.close();
  });

  it('stores an input once, whatever event id it comes under', async () => {
    const store = await open();
    expect(await store.commit('acceptInput', { input: input('a', 'm:1') })).toBe(true);
    expect(await store.commit('acceptInput', { input: input('b', 'm:1') })).toBe(false);
    const rows = new Queries(store.read).openInputs(asId('p'));
    expect(rows.map((r) => r.id)).toEqual(['a']);
    expect(rows[0]?.body).toMatchObject({ text: 'hi' });
    await store.close();
  });

  it('stores an input once for all projects behind a bot', async () => {
    const store = await open();
    const elsewhere = { ...input('b', 'm:1'), project: asId<ProjectName>('q') };
    expect(await store.commit('acceptInput', { input: input('a', 'm:1') })).toBe(true);
    expect(await store.commit('acceptInput', { input: elsewhere })).toBe(false);
    await store.close();
  });

  it('keeps both rows of a message that two projects had before bots were shared', async () => {
    const path = join(folder, 'state.db');
    const old = openSqlite(path);
    old.exec(migrations[0] ?? '');
    old.pragma('user_version = 1');
    for (const project of ['p', 'q'])
      old.exec(
        `INSERT INTO inputs (id, project, account, dedupe_key, session_key, kind, state, body, platform_at, received_at)
         VALUES ('${project}1', '${project}', 'sim:1', 'm:1', 'sim:c:u', 'message', 'done', '{}', 1, 1)`,
      );
    old.close();
    const store = await open();
    const queries = new Queries(store.read);
    expect(queries.input(asId<InputId>('p1'))?.dedupeKey).toBe('m:1');
    expect(queries.input(asId<InputId>('q1'))?.dedupeKey).toBe('m:1 q1');
    await store.close();
  });

  it('takes back only the failing change of a shared commit', async () => {
    const store = await open();
    const good = store.commit('acceptInput', { input: input('a', 'm:1') });
    const bad = store.commit('previewIntent', { preview: { id: 'x' } as never });
    const alsoGood = store.commit('acceptInput', { input: input('b', 'm:2') });
    await expect(bad).rejects.toThrow(/NOT NULL/);
    expect(await good).toBe(true);
    expect(await alsoGood).toBe(true);
    await store.close();
  });

  it('survives reopening and keeps files private', async () => {
    let store = await open();
    await store.commit('acceptInput', { input: input('a', 'm:1') });
    await store.close();
    store = await open();
    expect(await store.commit('acceptInput', { input: input('b', 'm:1') })).toBe(false);
    expect(statSync(join(folder, 'state.db')).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it('refuses a damaged store and one of a newer version, writing nothing', async () => {
    writeFileSync(join(folder, 'state.db'), 'this is not a database, really not one at all'.repeat(50));
    await expect(open()).rejects.toMatchObject({ code: 'store_open' });
    rmSync(join(folder, 'state.db'));
    const store = await open();
    await store.close();
    const raw = openSqlite(join(folder, 'state.db'));
    raw.pragma('user_version = 999');
    raw.close();
    await expect(open()).rejects.toMatchObject({ code: 'store_newer' });
  });

  it('disk full: nothing is acknowledged, and it recovers by itself', async () => {
    const store = await open();
    store.limitPages(10);
    const big = { ...input('a', 'm:1'), detail: 'x'.repeat(400_000) };
    await expect(store.commit('acceptInput', { input: big })).rejects.toMatchObject({ code: 'store_full' });
    store.limitPages(0);
    expect(await store.commit('acceptInput', { input: big })).toBe(true);
    await store.close();
  });

  it('keeps dedupe keys at least seven days when sweeping', async () => {
    const store = await open();
    const day = 86_400_000;
    await store.commit('acceptInput', { input: input('a', 'm:1') });
    await store.commit('settleInputs', { ids: [asId('a')], state: 'done', at: 1 });
    const days = { inbox: 1, outbox: 1, history: 1, audit: 1 };
    await store.commit('sweep', { now: 6 * day, days });
    expect(await store.commit('acceptInput', { input: input('b', 'm:1') })).toBe(false);
    await store.commit('sweep', { now: 8 * day, days });
    expect(await store.commit('acceptInput', { input: input('b', 'm:1') })).toBe(true);
    await store.close();
  });

  it('lets one process hold a lock, and tells who does', async () => {
    const path = join(folder, 'run', 'daemon.lock');
    const lock = await acquireLock(path, 'this data folder');
    await expect(acquireLock(path, 'this data folder')).rejects.toThrow(
      /another cc-connect \(pid \d+\) is using this data folder/,
    );
    expect(lockHolder(path)).toEqual({ pid: process.pid, startTime: (await startTime(process.pid)) ?? '' });
    lock.release();
    (await acquireLock(path, 'this data folder')).release();
  });
});
