import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseStore } from '../../../src/agents/opencode/store.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';
import { PromptJournal } from '../../../src/kit/prompt-journal.ts';
import { type Database, openSqlite } from '../../../src/kit/sqlite.ts';

const P = asId<PromptId>('p');
const S = asId<NativeId>('s1');
const DONE = { time: { created: 1, completed: 2 }, finish: 'stop' };

let folder: string;
let database: Database;
let journal: PromptJournal;
let rows = 0;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'cc-opencode-outcome-')));
  journal = new PromptJournal(join(folder, 'prompts.jsonl'));
  database = openSqlite(join(folder, 'opencode.db'));
  database.exec(`CREATE TABLE session (id, parent_id, directory, title, time_updated, time_archived);
    CREATE TABLE message (id, session_id, time_created, data);
    CREATE TABLE part (id, message_id, data);`);
});
afterEach(async () => {
  database.close();
  await rm(folder, { recursive: true });
});

const session = (id = 's1', directory = folder, at = Date.now() + 1) =>
  database.prepare('INSERT INTO session VALUES (?, NULL, ?, ?, ?, NULL)').run(id, directory, id, at);
const message = (role: string, said: string, more: object = {}, at = Date.now() + 1, of = 's1') => {
  const id = `m${String(++rows).padStart(6, '0')}`;
  database
    .prepare('INSERT INTO message VALUES (?, ?, ?, ?)')
    .run(id, of, at, JSON.stringify({ role, ...more }));
  const { synthetic = false } = more as { synthetic?: boolean };
  database
    .prepare('INSERT INTO part VALUES (?, ?, ?)')
    .run(`${id}p`, id, JSON.stringify({ type: 'text', text: said, synthetic }));
};
const outcome = (known = true) =>
  databaseStore(join(folder, 'opencode.db'), journal, async () => false).outcome?.(
    folder,
    known ? S : undefined,
    P,
  );

describe('[feature: outcome of a prompt] a prompt', () => {
  it('is absent when it was never noted, or nothing was written since', async () => {
    session();
    message('user', 'go', {}, Date.now() - 60_000);
    expect(await outcome()).toEqual({ state: 'absent' });
    await journal.note(P, 's1', 'go');
    expect(await outcome()).toEqual({ state: 'absent' });
  });

  it('has ended when its last answer is complete, whatever white space stood around it', async () => {
    session();
    await journal.note(P, 's1', ' go\n');
    message('user', '\ngo');
    message('assistant', 'first', { time: { completed: 2 }, finish: 'tool-calls' });
    expect(await outcome()).toEqual({ state: 'open', text: 'first' });
    message('assistant', 'then', DONE);
    expect(await outcome()).toEqual({ state: 'ended', ok: true, text: 'first\n\nthen' });
  });

  it('goes on over what OpenCode says in the name of the person', async () => {
    session();
    await journal.note(P, 's1', 'go');
    message('user', 'go');
    message('assistant', 'first', { time: { completed: 2 }, finish: 'tool-calls' });
    message('user', 'Continue if you have next steps', { synthetic: true });
    message('assistant', 'then', DONE);
    expect(await outcome()).toEqual({ state: 'ended', ok: true, text: 'first\n\nthen' });
  });

  it('has failed by an error, or by another prompt behind what is incomplete', async () => {
    session();
    await journal.note(P, 's1', 'go');
    message('user', 'go');
    message('assistant', 'part', { time: { created: 1 } });
    expect(await outcome()).toEqual({ state: 'open', text: 'part' });
    message('user', 'next');
    expect(await outcome()).toEqual({ state: 'ended', ok: false, text: 'part' });
    await journal.note(P, 's1', 'again');
    message('user', 'again');
    message('assistant', '', { ...DONE, error: { name: 'MessageAbortedError' } });
    expect(await outcome()).toEqual({ state: 'ended', ok: false, text: '' });
  });

  it('is not taken for an earlier one of the same words', async () => {
    session();
    message('user', 'go on', {}, Date.now() - 1_000);
    message('assistant', 'old', DONE, Date.now() - 900);
    await journal.note(P, 's1', 'go on');
    expect(await outcome()).toEqual({ state: 'absent' });
    message('user', 'go on');
    expect(await outcome()).toEqual({ state: 'open', text: '' });
  });

  it('is unknown when something else was said since', async () => {
    session();
    await journal.note(P, 's1', 'go');
    message('user', 'something that was made of it');
    expect(await outcome()).toEqual({ state: 'unknown' });
  });

  it('is found by its words where it began the conversation, but not among two that begin alike', async () => {
    session('s0', '/elsewhere');
    message('user', 'go', {}, Date.now() + 1, 's0');
    await journal.note(P, undefined, 'go');
    expect(await outcome(false)).toEqual({ state: 'absent' });
    session();
    message('user', 'go');
    message('assistant', 'done', DONE);
    session('s2');
    message('user', 'other', {}, Date.now() + 1, 's2');
    expect(await outcome(false)).toEqual({ state: 'ended', ok: true, text: 'done', nativeId: 's1' });
    message('user', 'go', {}, Date.now() + 1, 's2');
    expect(await outcome(false)).toEqual({ state: 'unknown' });
  });
});
