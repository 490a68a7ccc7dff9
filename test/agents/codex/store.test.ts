import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rolloutStore } from '../../../src/agents/codex/store.ts';
import type { AgentStore } from '../../../src/core/agent.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';

const RECORDED = fileURLToPath(new URL('./recordings/rollout-exec.jsonl', import.meta.url));
const ID = asId<NativeId>('01a1fc96-9c31-77a2-8af6-674cb6bc525d');
const OWN = asId<NativeId>('01a1fd25-ffcd-7281-af14-fd7e60cbbe58');
const SUB = asId<NativeId>('01a1fd26-ffcd-7281-af14-fd7e60cbbe58');

let home: string;
let store: AgentStore;
const fileOf = (id: string, day = '2026/11/21') =>
  join(home, 'sessions', day, `rollout-2026-11-21T05-31-31-${id}.jsonl`);

beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'cc-rollouts-')));
  store = rolloutStore({ CODEX_HOME: home });
  await mkdir(dirname(fileOf(ID)), { recursive: true });
  await copyFile(RECORDED, fileOf(ID));
  await write(OWN, home, 'vscode', OWN_LINES);
  await write(SUB, home, { subagent: { parent: ID } }, OWN_LINES);
});
afterAll(() => rm(home, { recursive: true }));

type Line = readonly [type: string, payload: object];

const started = (turn: string): Line => ['event_msg', { type: 'task_started', turn_id: turn }];
const completed = (turn: string, error?: object): Line => [
  'event_msg',
  { type: 'task_complete', turn_id: turn, ...(error ? { error } : {}) },
];
const person = (turn: string, client: string, text: string): Line => [
  'event_msg',
  {
    type: 'item_completed',
    turn_id: turn,
    item: { type: 'UserMessage', client_id: client, content: [{ text }] },
  },
];
const agent = (turn: string, text: string): Line => [
  'event_msg',
  {
    type: 'item_completed',
    turn_id: turn,
    item: { type: 'AgentMessage', content: [{ type: 'Text', text }] },
  },
];

const OWN_LINES: readonly Line[] = [
  started('a'),
  person('a', 'p-ok', 'first words'),
  agent('a', 'fine'),
  completed('a'),
  started('b'),
  person('b', 'p-failed', 'two'),
  completed('b', { message: 'no' }),
  started('c'),
  person('c', 'p-stopped', 'three'),
  agent('c', 'half'),
  ['event_msg', { type: 'turn_aborted', turn_id: 'c', reason: 'interrupted' }],
  started('d'),
  person('d', 'p-killed', 'four'),
  started('e'),
  person('e', 'p-first', 'five'),
  agent('e', 'to the first'),
  person('e', 'p-folded', 'six'),
  agent('e', 'to both'),
  completed('e'),
  started('f'),
  person('f', 'p-open', 'seven'),
  agent('f', 'so far'),
];

async function write(id: NativeId, cwd: string, source: unknown, lines: readonly Line[]): Promise<void> {
  const meta: Line = ['session_meta', { id, cwd, source, base_instructions: { text: 'x'.repeat(50_000) } }];
  const all = [meta, ...lines].map(([type, payload]) =>
    JSON.stringify({ timestamp: '2026-11-21T08:00:00Z', type, payload }),
  );
  await writeFile(fileOf(id), `${all.join('\n')}\n{"cut off by a cra`);
}

describe('[feature: native sessions] rollouts on disk', () => {
  it('lists those of one folder, without those of sub-agents', async () => {
    expect(await store.list('/workdir', 5)).toMatchObject([{ id: ID, title: 'remember mango say: noted' }]);
    expect(await store.list(home, 5)).toMatchObject([{ id: OWN, title: 'first words' }]);
    expect(await store.list('/elsewhere', 5)).toEqual([]);
    expect(await rolloutStore({ CODEX_HOME: '/nowhere' }).list(home, 5)).toEqual([]);
  });

  it('calls a conversation by the name a person gave it last', async () => {
    const lines = ['{"id":"x","thread_name":"other"}', `{"id":"${ID}","thread_name":"old"}`];
    await writeFile(
      join(home, 'session_index.jsonl'),
      `${lines.join('\n')}\n{"id":"${ID}","thread_name":"mango"}\n`,
    );
    expect(await store.list('/workdir', 5)).toMatchObject([{ id: ID, title: 'mango' }]);
  });

  it('has a conversation only in its own folder, wherever its file lies', async () => {
    expect(await store.has('/workdir', ID)).toBe(true);
    expect(await store.has(home, ID)).toBe(false);
    expect(await store.has('/workdir', asId('../../etc/passwd'))).toBe(false);
    const moved = asId<NativeId>('01a1fc97-9c31-77a2-8af6-674cb6bc525d');
    await mkdir(dirname(fileOf(moved, '2020/01/01')), { recursive: true });
    await copyFile(RECORDED, fileOf(moved, '2020/01/01'));
    expect(await store.has('/workdir', moved)).toBe(true);
    await rm(fileOf(moved, '2020/01/01'));
  });

  it('gives the last words of both', async () => {
    const history = await store.history('/workdir', ID, 3);
    expect(history.map(({ role, text }) => [role, text.trim()])).toEqual([
      ['assistant', 'Hello from the fake model.'],
      ['user', 'what is it\nsay: a pixel'],
      ['assistant', 'a pixel'],
    ]);
    expect(history[0]?.at).toBe(Date.parse('2026-11-21T05:31:31.894Z'));
    expect(await store.history(home, ID, 3)).toEqual([]);
  });
});

describe('[feature: outcome of a prompt, kill in mid-turn] what became of a prompt', () => {
  const outcome = (prompt: string, id: NativeId | undefined = OWN) =>
    store.outcome?.(home, id, asId<PromptId>(prompt));

  it.each([
    ['p-ok', { state: 'ended', ok: true, text: 'fine' }],
    ['p-failed', { state: 'ended', ok: false, text: '' }],
    ['p-stopped', { state: 'ended', ok: false, text: 'half' }],
    ['p-killed', { state: 'ended', ok: false, text: '' }],
    ['p-first', { state: 'ended', ok: true, text: 'to the first\n\nto both' }],
    ['p-folded', { state: 'ended', ok: true, text: 'to both' }],
    ['p-open', { state: 'open', text: 'so far' }],
    ['p-unknown', { state: 'absent' }],
  ])('is read from the rollout: %s', async (prompt, expected) => {
    expect(await outcome(prompt)).toEqual(expected);
  });

  it('is found without knowing the conversation', async () => {
    expect(await store.outcome?.(home, undefined, asId('p-open'))).toEqual({
      state: 'open',
      text: 'so far',
      nativeId: OWN,
    });
    expect(await store.outcome?.('/workdir', undefined, asId('p-open'))).toEqual({ state: 'absent' });
    expect(await outcome('p-ok', asId('00000000-0000-7000-8000-000000000000'))).toEqual({ state: 'absent' });
  });
});
