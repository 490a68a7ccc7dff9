import { cp, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clearMinute, projectFolder } from '../../../src/agents/gemini/chats.ts';
import { chatStore } from '../../../src/agents/gemini/store.ts';
import { Transcript } from '../../../src/agents/gemini/transcript.ts';
import { asId, type PromptId } from '../../../src/core/ids.ts';
import { PromptJournal } from '../../../src/kit/prompt-journal.ts';

const ID = asId<never>('2151cf23-3d0b-4166-86d0-de69d7dbd25b');
const CHAT = fileURLToPath(new URL('./chat.jsonl', import.meta.url));
const FILE = 'session-2026-11-21T05-35-2151cf23.jsonl';

let gemini = '';
let workDir = '';
let chats = '';
let journal = new PromptJournal('');
beforeEach(async () => {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'cc-chats-')));
  gemini = join(root, '.gemini');
  workDir = join(root, 'my app');
  chats = join(gemini, 'tmp/my-app/chats');
  journal = new PromptJournal(join(root, 'prompts.jsonl'));
  await mkdir(workDir);
  await mkdir(chats, { recursive: true });
  await writeFile(join(gemini, 'projects.json'), JSON.stringify({ projects: { [workDir]: 'my-app' } }));
  await cp(CHAT, join(chats, FILE));
});
afterEach(() => rm(join(gemini, '..'), { recursive: true, force: true }));

const line = (value: object) => `${JSON.stringify(value)}\n`;

describe('[feature: native sessions] the conversations of a folder', () => {
  it('are listed once each, by title, without empty files and helpers', async () => {
    const id = '11111111-0000-4000-8000-000000000000';
    const empty = line({ sessionId: ID, kind: 'main' });
    await writeFile(join(chats, 'session-2026-11-21T06-00-2151cf23.jsonl'), empty);
    await writeFile(join(chats, 'session-2026-11-21T06-01-11111111.jsonl'), line({ sessionId: id }));
    const helper = line({ sessionId: id, kind: 'subagent' }) + line({ id: 'a', type: 'user', content: 'x' });
    await writeFile(join(chats, 'session-2026-11-21T06-02-11111111.jsonl'), helper);
    await writeFile(join(chats, 'notes.txt'), 'x');
    const found = await chatStore(gemini, journal).list(workDir, 10);
    expect(found).toMatchObject([{ id: ID, title: 'noted' }]);
    expect(found[0]?.updatedAt).toBeGreaterThan(0);
  });

  it('are shown without what the CLI put there itself', async () => {
    const said = await chatStore(gemini, journal).history(workDir, ID, 5);
    expect(said.map(({ role, text }) => `${role}: ${text.split('\n')[0]}`)).toEqual([
      'assistant: noted',
      'user: which word',
      'assistant: Hello from the fake model.',
      'user: which word',
      'assistant: Hello from the fake model.',
    ]);
    expect(said[0]?.at).toBe(Date.parse('2026-11-21T05:35:29.513Z'));
  });

  it('are known by id only where something was said', async () => {
    const store = chatStore(gemini, journal);
    expect(await store.has(workDir, ID)).toBe(true);
    expect(await store.has('/elsewhere', ID)).toBe(false);
    expect(await store.has(workDir, asId('2151cf23-0000-4000-8000-000000000000'))).toBe(false);
    const other = '22222222-0000-4000-8000-000000000000';
    await writeFile(join(chats, 'session-2026-11-21T06-02-22222222.jsonl'), line({ sessionId: other }));
    expect(await store.has(workDir, asId(other))).toBe(false);
  });

  it('are removed with what belongs to them, and nothing else', async () => {
    const outputs = join(gemini, 'tmp/my-app/tool-outputs', `session-${ID}`);
    await mkdir(outputs, { recursive: true });
    await writeFile(
      join(chats, 'session-2026-11-21T06-02-2151cf23.jsonl'),
      line({ sessionId: '2151cf23-x' }),
    );
    const store = chatStore(gemini, journal);
    expect(await store.remove?.(workDir, ID)).toBe(true);
    expect(await readdir(chats)).toEqual(['session-2026-11-21T06-02-2151cf23.jsonl']);
    expect(await readdir(join(outputs, '..'))).toEqual([]);
    expect(await store.remove?.(workDir, ID)).toBe(false);
    expect(await store.remove?.(workDir, asId('../../..'))).toBe(false);
  });

  it('are none where the CLI has never run', async () => {
    expect(await chatStore('/nowhere', journal).list('/x', 5)).toEqual([]);
    await writeFile(join(gemini, 'projects.json'), '{"projects":');
    expect(await projectFolder(gemini, workDir)).toBeUndefined();
  });
});

describe('[feature: resume] a conversation of this very minute', () => {
  it('gets the name of an earlier minute that is free', async () => {
    await cp(CHAT, join(chats, 'session-2026-11-21T05-34-2151cf23.jsonl'));
    const project = join(gemini, 'tmp/my-app');
    await clearMinute(project, ID, new Date('2026-11-21T05:36:59Z'));
    expect(await readdir(chats)).toContain(FILE);
    await clearMinute(project, ID, new Date('2026-11-21T05:35:59Z'));
    expect((await readdir(chats)).sort()).toEqual([
      'session-2026-11-21T05-33-2151cf23.jsonl',
      'session-2026-11-21T05-34-2151cf23.jsonl',
    ]);
    expect(await chatStore(gemini, journal).has(workDir, ID)).toBe(true);
  });
});

describe('a transcript', () => {
  it('follows what is replaced, rewound and written again', () => {
    const user = (id: string, content: unknown) => ({ id, type: 'user', content });
    const chat = new Transcript([
      { sessionId: 's', summary: 'old' },
      user('1', 'one'),
      { id: '2', type: 'gemini', content: '' },
      { id: '2', type: 'gemini', content: 'two' },
      user('3', [{ text: 'th' }, { text: 'ree' }, { inlineData: {} }]),
      user('4', 'four'),
      { $rewindTo: '4' },
      { $set: { summary: 'new' } },
      user('5', [{ text: 'five\n--- Content from referenced files ---' }]),
      { ...user('6', 'expanded'), displayContent: 'typed' },
    ]);
    expect(chat.summary).toBe('new');
    expect(chat.entries.map(({ text }) => text.split('\n')[0])).toEqual([
      'one',
      'two',
      'three',
      'five',
      'typed',
    ]);
    expect(new Transcript([user('1', 'x'), { $set: { messages: [user('2', 'y')] } }]).entries).toHaveLength(
      1,
    );
  });
});

describe('[feature: outcome of a prompt] a prompt', () => {
  const P = asId<PromptId>('p');
  const fresh = '11111111-0000-4000-8000-000000000000';
  const file = () => join(chats, 'session-2026-11-28T06-00-11111111.jsonl');
  const at = () => new Date(Date.now() + 1).toISOString();
  const user = (id: string, text: string) => line({ id, timestamp: at(), type: 'user', content: [{ text }] });
  const model = (id: string, content: string) => line({ id, timestamp: at(), type: 'gemini', content });
  const write = (...lines: string[]) =>
    writeFile(file(), [line({ sessionId: fresh, kind: 'main' }), ...lines].join(''));
  const outcome = () => chatStore(gemini, journal).outcome?.(workDir, asId(fresh), P);
  const anywhere = () => chatStore(gemini, journal).outcome?.(workDir, undefined, P);

  it('is absent when it was never noted, or never written', async () => {
    await write(line({ id: 'u0', timestamp: '2026-11-28T05:00:00.000Z', type: 'user', content: 'go' }));
    expect(await outcome()).toEqual({ state: 'absent' });
    await journal.note(P, fresh, 'go');
    expect(await outcome()).toEqual({ state: 'absent' });
    await rm(file());
    expect(await outcome()).toEqual({ state: 'absent' });
  });

  it('is open with all that was said, as no line tells the end, and over when another one follows', async () => {
    await journal.note(P, fresh, ' go\n');
    const begun = [user('u1', ' go\n'), model('g1', 'first'), user('u2', ''), model('g2', 'fine')];
    await write(...begun);
    expect(await outcome()).toEqual({ state: 'open', text: 'first\n\nfine' });
    expect(await anywhere()).toEqual({ state: 'open', text: 'first\n\nfine', nativeId: fresh });
    await write(...begun, user('u3', 'next'));
    expect(await outcome()).toEqual({ state: 'ended', ok: false, text: 'first\n\nfine' });
  });

  it('has failed when the CLI took it back', async () => {
    await journal.note(P, fresh, 'go');
    await write(user('u1', 'go'), model('g1', 'part'), line({ $set: { messages: [] } }));
    expect(await outcome()).toEqual({ state: 'ended', ok: false, text: 'part' });
  });

  it('is unknown when only something else was said since', async () => {
    await journal.note(P, fresh, 'go');
    await write(user('u1', 'what was made of it'));
    expect(await outcome()).toEqual({ state: 'unknown' });
  });

  it('is found by its words where it began the conversation, over several files of it', async () => {
    await journal.note(P, undefined, 'go');
    await write(user('u1', 'go'));
    const rest = line({ sessionId: fresh, kind: 'main' }) + model('g1', 'more');
    await writeFile(join(chats, 'session-2026-11-28T06-01-11111111.jsonl'), rest);
    const other = line({ sessionId: '22222222-0000-4000-8000-000000000000' }) + user('u9', 'other words');
    await writeFile(join(chats, 'session-2026-11-28T06-00-22222222.jsonl'), other);
    expect(await anywhere()).toMatchObject({ state: 'open', nativeId: fresh });
  });
});
