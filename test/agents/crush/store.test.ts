import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databasePath } from '../../../src/agents/crush/database.ts';
import { databaseStore } from '../../../src/agents/crush/store.ts';
import { TurnWatch } from '../../../src/agents/crush/watch.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';
import { PromptJournal } from '../../../src/kit/prompt-journal.ts';
import { type Database, openSqlite } from '../../../src/kit/sqlite.ts';

const P = asId<PromptId>('p');
const ONE = asId<NativeId>('one');

let folder: string;
let path: string;
let database: Database;
let journal: PromptJournal;
let removed: string[];
let rows = 0;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'cc-crush-store-')));
  path = join(folder, 'crush.db');
  journal = new PromptJournal(join(folder, 'prompts.jsonl'));
  removed = [];
  database = openSqlite(path);
  database.exec(`CREATE TABLE sessions (id TEXT PRIMARY KEY, parent_session_id TEXT, title TEXT, updated_at INTEGER);
    CREATE TABLE messages (id TEXT PRIMARY KEY, session_id TEXT, role TEXT, parts TEXT, created_at INTEGER,
      is_summary_message INTEGER DEFAULT 0);`);
});
afterEach(async () => {
  database.close();
  await rm(folder, { recursive: true });
});

const seconds = () => Math.floor(Date.now() / 1000);
const session = (id: string, title = id, parent: string | null = null) =>
  database.prepare('INSERT INTO sessions VALUES (?, ?, ?, ?)').run(id, parent, title, 1_000 + ++rows);
const message = (
  of: string,
  role: string,
  text: string,
  more: { readonly finish?: string; readonly at?: number; readonly summary?: boolean } = {},
) => {
  const parts: object[] = [{ type: 'text', data: { text } }];
  if (more.finish !== undefined) parts.push({ type: 'finish', data: { reason: more.finish } });
  const id = `m${++rows}`;
  database
    .prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)')
    .run(id, of, role, JSON.stringify(parts), more.at ?? seconds(), more.summary ? 1 : 0);
  return id;
};
const store = () =>
  databaseStore(
    async () => path,
    journal,
    async (_workDir, id) => removed.push(id) > 0,
  );
const outcome = (known = true) => store().outcome?.(folder, known ? ONE : undefined, P);

describe('[feature: native sessions] conversations', () => {
  it('are listed, shown and removed by the program; those of helpers and summaries are none', async () => {
    session('one', 'the first');
    session('helper', 'x', 'one');
    session('two', 'the second');
    message('one', 'user', 'hi', { at: 10 });
    message('one', 'assistant', 'a summary', { at: 11, summary: true });
    message('one', 'tool', 'x', { at: 12 });
    message('one', 'assistant', 'hello', { at: 1_795_873_769_144 });
    expect(await store().list(folder, 5)).toMatchObject([
      { id: 'two', title: 'the second' },
      { id: 'one', title: 'the first' },
    ]);
    expect(await store().list(folder, 1)).toHaveLength(1);
    expect(await store().history(folder, ONE, 5)).toEqual([
      { role: 'user', text: 'hi', at: 10_000 },
      { role: 'assistant', text: 'hello', at: 1_795_873_769_144 },
    ]);
    expect(await store().has(folder, asId('helper'))).toBe(false);
    expect(await store().remove?.(folder, asId('helper'))).toBe(false);
    expect(await store().remove?.(folder, ONE)).toBe(true);
    expect(removed).toEqual(['one']);
  });

  it('are looked for where Crush keeps those of a folder', async () => {
    const env = { HOME: folder };
    expect(await databasePath(env, '/w', undefined)).toBe('/w/.crush/crush.db');
    expect(await databasePath(env, '/w', 'data')).toBe('/w/data/crush.db');
    const shared = join(folder, '.local', 'share', 'crush');
    await mkdir(shared, { recursive: true });
    const projects = [{ path: folder, data_dir: '/elsewhere/.crush' }];
    await writeFile(join(shared, 'projects.json'), JSON.stringify({ projects }));
    expect(await databasePath(env, folder, undefined)).toBe('/elsewhere/.crush/crush.db');
    expect(await databasePath({ ...env, CRUSH_GLOBAL_DATA: '/none' }, folder, undefined)).toBe(
      join(folder, '.crush', 'crush.db'),
    );
  });

  it('are none where Crush has never run', async () => {
    const none = databaseStore(
      async () => join(folder, 'none', 'crush.db'),
      journal,
      async () => true,
    );
    expect(await none.list(folder, 5)).toEqual([]);
    expect(await none.has(folder, ONE)).toBe(false);
  });
});

describe('[feature: outcome of a prompt] a prompt', () => {
  it('is absent when it never arrived, open while it is answered, and ended with its last message', async () => {
    session('one');
    expect(await outcome()).toEqual({ state: 'absent' });
    message('one', 'user', 'go', { at: seconds() - 60 });
    await journal.note(P, 'one', 'go');
    expect(await outcome()).toEqual({ state: 'absent' });
    message('one', 'user', 'go\n\n');
    expect(await outcome()).toEqual({ state: 'open', text: '' });
    message('one', 'assistant', 'first', { finish: 'tool_use' });
    message('one', 'tool', 'made', { finish: 'stop' });
    expect(await outcome()).toEqual({ state: 'open', text: 'first' });
    message('one', 'assistant', 'then', { finish: 'end_turn' });
    expect(await outcome()).toEqual({ state: 'ended', ok: true, text: 'first\n\nthen' });
    expect(await outcome(false)).toEqual({
      state: 'ended',
      ok: true,
      text: 'first\n\nthen',
      nativeId: 'one',
    });
  });

  it.each(['canceled', 'error', 'max_tokens'])(
    'has failed when its last message ended by %s',
    async (finish) => {
      session('one');
      await journal.note(P, undefined, 'go');
      message('one', 'user', 'go\n\n');
      message('one', 'assistant', 'part', { finish });
      expect(await outcome(false)).toEqual({ state: 'ended', ok: false, text: 'part', nativeId: 'one' });
    },
  );
});

describe('a turn that is watched', () => {
  const begin = (more: { session?: string; claim?: () => boolean } = {}) =>
    TurnWatch.begin({
      path: async () => path,
      prompt: 'go',
      session: more.session,
      claim: more.claim ?? (() => true),
    });

  it('tells what is new, once, and nothing of earlier turns', async () => {
    session('one');
    message('one', 'assistant', 'old', { finish: 'end_turn' });
    const watch = await begin({ session: 'one' });
    expect(watch.look()).toEqual([]);
    message('one', 'user', 'go');
    const id = message('one', 'assistant', 'he');
    expect(watch.look()).toEqual([{ type: 'text', message: id, text: 'he' }]);
    const parts = [
      { type: 'text', data: { text: 'hello' } },
      { type: 'finish', data: { reason: 'end_turn' } },
    ];
    database.prepare('UPDATE messages SET parts = ? WHERE id = ?').run(JSON.stringify(parts), id);
    expect(watch.look()).toEqual([
      { type: 'text', message: id, text: 'llo' },
      { type: 'finish', reason: 'end_turn' },
    ]);
    expect(watch.look()).toEqual([]);
    watch.close();
  });

  it('finds the new conversation that begins with its words, unless another chat has it', async () => {
    session('one');
    const watch = await begin();
    const other = await begin({ claim: () => false });
    session('two');
    message('two', 'user', 'other');
    session('three', 'x', 'two');
    expect(watch.look()).toEqual([]);
    session('four');
    message('four', 'user', 'go\n\n');
    expect(other.look()).toEqual([]);
    other.close();
    expect(watch.look()).toEqual([{ type: 'session', id: 'four' }]);
    watch.close();
  });

  it('[feature: bad input] waits for a database that is not there, or not set up yet', async () => {
    const late = join(folder, 'late', 'crush.db');
    const watch = await TurnWatch.begin({
      path: async () => late,
      prompt: 'go',
      session: undefined,
      claim: () => true,
    });
    expect(watch.look()).toEqual([]);
    await mkdir(join(folder, 'late'));
    const other = openSqlite(late);
    other.exec('CREATE TABLE other (x)');
    expect(watch.look()).toEqual([]);
    other.exec(`CREATE TABLE sessions (id TEXT, parent_session_id TEXT);
      CREATE TABLE messages (id TEXT, session_id TEXT, role TEXT, parts TEXT, created_at INTEGER);
      INSERT INTO sessions VALUES ('new', NULL);
      INSERT INTO messages VALUES ('m1', 'new', 'user', '[{"type":"text","data":{"text":"go"}}]', 1),
        ('m2', 'new', 'assistant', 'no json', 1), ('m3', 'new', 'assistant', '[null, {"type":"text"}, 7]', 1);`);
    expect(watch.look()).toEqual([{ type: 'session', id: 'new' }]);
    watch.close();
    other.close();
  });
});
