import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { promptOutcome } from '../../../src/agents/pi/session-lines.ts';
import { sessionStore } from '../../../src/agents/pi/store.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';

const user = (text: string) => ({
  type: 'message',
  timestamp: '2026-11-21T05:39:41.111Z',
  message: { role: 'user', content: [{ type: 'text', text }] },
});
const model = (text: string, stopReason = 'stop') => ({
  type: 'message',
  message: { role: 'assistant', content: text === '' ? [] : [{ type: 'text', text }], stopReason },
});
const tool = { type: 'message', message: { role: 'toolResult', content: [{ type: 'text', text: 'out' }] } };
const mark = (id: string) => ({ type: 'custom', customType: 'cc-connect-prompt', data: { id } });
const start = { type: 'custom', customType: 'cc-connect-start', data: {} };

let home: string;
let workDir: string;
beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'cc-pi-store-')));
  workDir = join(home, 'my.app');
  await mkdir(workDir);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const folder = () => join(home, '.pi', 'agent', 'sessions', `--${workDir.slice(1).replaceAll('/', '-')}--`);

async function session(
  id: string,
  lines: readonly object[],
  where = folder(),
  cwd = workDir,
): Promise<NativeId> {
  await mkdir(where, { recursive: true });
  const all = [{ type: 'session', version: 3, id, cwd }, ...lines];
  const text = all.map((line) => JSON.stringify(line)).join('\n');
  await writeFile(join(where, `2026-11-21T05-39-4${id.at(-1)}-095Z_${id}.jsonl`), `${text}\n{"cut`);
  return asId<NativeId>(id);
}

describe('[feature: native sessions] conversations on disk', () => {
  it('are listed with their name or first words, newest first, and shown', async () => {
    const one = await session('id-1', [
      user('first\nwords'),
      model('hello'),
      tool,
      user('again'),
      model('bye'),
    ]);
    await session('id-2', [user('x'), model('y'), { type: 'session_info', name: 'My name' }]);
    await session('id-3', [user('of another folder')], folder(), '/elsewhere');
    await session('id-4', []);
    const store = sessionStore({ HOME: home });
    const listed = await store.list(workDir, 10);
    expect(listed.map(({ id, title }) => `${id}: ${title}`).sort()).toEqual([
      'id-1: first words',
      'id-2: My name',
    ]);
    expect(await store.list(workDir, 1)).toHaveLength(1);
    expect(await store.history(workDir, one, 2)).toEqual([
      { role: 'user', text: 'again', at: Date.parse('2026-11-21T05:39:41.111Z') },
      { role: 'assistant', text: 'bye', at: 0 },
    ]);
    expect(await store.has(workDir, one)).toBe(true);
    expect(await store.has(workDir, asId('id-3'))).toBe(false);
    expect(await store.has(workDir, asId('id'))).toBe(false);
    expect(await store.remove?.(workDir, one)).toBe(true);
    expect(await store.remove?.(workDir, one)).toBe(false);
  });

  it('are found by way of a link, and where variables and settings put them', async () => {
    const id = await session('id-1', [user('x'), model('y')]);
    await symlink(workDir, join(home, 'link'));
    expect(await sessionStore({ HOME: home }).has(join(home, 'link'), id)).toBe(true);
    const named = await session('id-5', [user('x'), model('y')], join(home, 'all'));
    expect(
      await sessionStore({ HOME: home, PI_CODING_AGENT_SESSION_DIR: join(home, 'all') }).has(workDir, named),
    ).toBe(true);
    await writeFile(join(home, '.pi', 'agent', 'settings.json'), '{"sessionDir":"~/all"}');
    expect(await sessionStore({ HOME: home }).has(workDir, named)).toBe(true);
    await writeFile(join(home, '.pi', 'agent', 'settings.json'), 'broken');
    expect(await sessionStore({ HOME: home }).has(workDir, id)).toBe(true);
  });

  it('are none where there is no folder', async () => {
    expect(await sessionStore({ HOME: home }).list(workDir, 5)).toEqual([]);
  });
});

describe('[feature: outcome of a prompt] what became of a prompt', () => {
  const outcome = (...lines: object[]) =>
    promptOutcome(lines as Record<string, unknown>[], asId<PromptId>('p'));

  it('is the first answer that needs no tool', () => {
    expect(outcome(mark('p'), user('x'), model('a', 'toolUse'), tool, model('b'))).toEqual({
      state: 'ended',
      ok: true,
      text: 'a\n\nb',
    });
    expect(outcome(mark('p'), user('x'), model('b'), mark('q'), user('y'), model('c'))).toMatchObject({
      text: 'b',
    });
    expect(outcome(mark('p'), user('x'), model('', 'error'), model('b'))).toMatchObject({
      ok: true,
      text: 'b',
    });
  });

  it('is open while a tool runs or nothing was said, until another process takes over', () => {
    expect(outcome(mark('p'), user('x'), model('a', 'toolUse'))).toEqual({ state: 'open', text: 'a' });
    expect(outcome(mark('p'), user('x'))).toEqual({ state: 'open', text: '' });
    expect(outcome(mark('p'), user('x'), model('a', 'toolUse'), start, mark('q'), user('y'))).toEqual({
      state: 'ended',
      ok: false,
      text: 'a',
    });
  });

  it('is an end without success after an error, a stop or a cut', () => {
    for (const reason of ['error', 'aborted', 'length'])
      expect(outcome(mark('p'), user('x'), model('a', reason))).toEqual({
        state: 'ended',
        ok: false,
        text: 'a',
      });
  });

  it('is the same for a message that was steered into the turn', () => {
    const lines = [mark('o'), user('x'), model('a', 'toolUse'), mark('p'), tool, user('y'), model('b')];
    expect(outcome(...lines)).toEqual({ state: 'ended', ok: true, text: 'b' });
    expect(promptOutcome(lines as Record<string, unknown>[], asId('o'))).toMatchObject({ text: 'a\n\nb' });
  });

  it('is absent without its message: pi writes it before it asks the model', () => {
    expect(outcome()).toEqual({ state: 'absent' });
    expect(outcome(mark('p'))).toEqual({ state: 'absent' });
    expect(outcome(mark('p'), start, mark('q'), user('y'), model('b'))).toEqual({ state: 'absent' });
  });

  it('is searched for in the newest conversations when nobody had learnt the id', async () => {
    await session('id-1', [user('x'), model('y')]);
    const id = await session('id-2', [mark('p'), user('x'), model('found')]);
    const store = sessionStore({ HOME: home });
    expect(await store.outcome?.(workDir, undefined, asId('p'))).toEqual({
      state: 'ended',
      ok: true,
      text: 'found',
      nativeId: id,
    });
    expect(await store.outcome?.(workDir, id, asId('q'))).toEqual({ state: 'absent' });
    expect(await store.outcome?.(workDir, asId('gone'), asId('p'))).toEqual({ state: 'absent' });
  });
});
