import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { turnArguments } from '../../../src/agents/cursor/argv.ts';
import { MODES } from '../../../src/agents/cursor/modes.ts';
import { asId, type NativeId } from '../../../src/core/ids.ts';
import { modeOf } from '../../../src/kit/modes.ts';
import { openSqlite } from '../../../src/kit/sqlite.ts';
import { askOnce, type ScriptedAgent, textOf } from '../scripted-agent.ts';
import { FAKE, fakeCursor } from './fake.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function cursor(
  env: Readonly<Record<string, string>> = {},
  options: object = {},
): Promise<ScriptedAgent> {
  const made = await fakeCursor(env, options);
  cleanups.push(made.dispose);
  return made;
}

const signal = () => AbortSignal.timeout(30_000);

describe('arguments', () => {
  it('are those of the mode, with what this program knows, and the prompt last', () => {
    const settings = { mode: modeOf('x', MODES, 'yolo'), model: 'm', effort: undefined };
    const known = new Set(['--print', '--trust', '--workspace']);
    expect(turnArguments('-p', settings, asId<NativeId>('id-1'), '/w', known)).toEqual([
      '--print',
      '--output-format',
      'stream-json',
      '--trust',
      '--force',
      '--resume',
      'id-1',
      '--model',
      'm',
      '--workspace',
      '/w',
      '--',
      '-p',
    ]);
    const plan = turnArguments(
      'x',
      { ...settings, mode: modeOf('x', MODES, 'plan') },
      undefined,
      '/w',
      undefined,
    );
    expect(plan.slice(0, 6)).toEqual([
      '--print',
      '--output-format',
      'stream-json',
      '--stream-partial-output',
      '--mode',
      'plan',
    ]);
  });
});

describe('a conversation', () => {
  it('[feature: resume, mode change, models] goes on with the id it was told, in a new process with new settings', async () => {
    const { agent, spec } = await cursor();
    const session = await agent.open({ ...spec, mode: 'force' }, signal());
    cleanups.push(() => session.close({ quick: true }, signal()));
    await askOnce(session, 'say hello');
    expect(await session.set?.({ mode: 'plan', model: 'gpt-x' })).toBe(true);
    const said = textOf(await askOnce(session, 'args'));
    for (const word of ['c6b62c6f-7ead-4fd6-9922-e952131177ff', 'gpt-x', '--mode', '--trust'])
      expect(said).toContain(word);
    expect(said).not.toContain('--force');
  });

  it('[feature: provider] takes the key from the environment, never from argv', async () => {
    const { agent, spec } = await cursor({ CURSOR_API_KEY: 'key-123456' });
    const session = await agent.open(spec, signal());
    cleanups.push(() => session.close({ quick: true }, signal()));
    expect(textOf(await askOnce(session, 'env CURSOR_API_KEY'))).toBe('key-123456');
    expect(textOf(await askOnce(session, 'args'))).not.toContain('key-123456');
  });

  it('tells of an error and stays usable', async () => {
    const { agent, spec } = await cursor();
    const session = await agent.open(spec, signal());
    cleanups.push(() => session.close({ quick: true }, signal()));
    expect((await askOnce(session, 'fail You hit your usage limit')).at(-1)).toMatchObject({
      outcome: { status: 'error', code: 'rate_limit' },
    });
    expect((await askOnce(session, 'say hello')).at(-1)).toMatchObject({ outcome: { status: 'ok' } });
  });

  it('says what to do without a login', async () => {
    const { agent, spec } = await cursor({ FAKE_LOGGED_OUT: '1' });
    const session = await agent.open(spec, signal());
    cleanups.push(() => session.close({ quick: true }, signal()));
    await expect(askOnce(session, 'say hello')).rejects.toMatchObject({
      kind: 'auth',
      advice: expect.stringContaining('login'),
    });
  });
});

describe('[feature: check] check', () => {
  it('tells version and login', async () => {
    const told = await (await cursor()).agent.check(signal());
    expect(told.map(({ level, what }) => `${level}: ${what}`)).toEqual([
      expect.stringContaining('ok: Cursor 2026.10.02'),
      'ok: Cursor login: saved',
      expect.stringContaining('ok: work_dir'),
    ]);
    const out = await (await cursor({ FAKE_LOGGED_OUT: '1' })).agent.check(signal());
    expect(out[1]).toMatchObject({ level: 'warning', what: 'Cursor is not logged in' });
    const missing = await (await cursor({}, { cmd: '/nowhere/agent' })).agent.check(signal());
    expect(missing[0]).toMatchObject({ level: 'error', what: '"/nowhere/agent" was not found' });
  });

  it('names the key of a wrong option', async () => {
    await expect(fakeCursor({}, { mode: 'loud' })).rejects.toThrow('"mode"');
    await expect(fakeCursor({}, { timeout_mins: -1, cmd: FAKE })).rejects.toThrow('"timeout_mins"');
  });
});

describe('[feature: native sessions] chats on disk', () => {
  it('are listed with their names, shown, and removed', async () => {
    const { agent, folder } = await cursor();
    const key = createHash('md5').update(folder).digest('hex');
    await writeChat(join(folder, '.cursor', 'chats', key, 'chat-1'), 'New Agent');
    await writeChat(join(folder, '.config', 'Cursor', 'chats', key, 'chat-2'), 'Named one');
    await writeChat(join(folder, '.cursor', 'chats', 'other-folder', 'chat-3'), 'Elsewhere');
    const { store } = agent;
    const titles = (await store?.list(folder, 5))?.map(({ title }) => title).sort();
    expect(titles).toEqual(['Named one', 'fix the bug']);
    const id = asId<NativeId>('chat-1');
    expect(await store?.history(folder, id, 5)).toEqual([
      { role: 'user', text: 'fix the bug', at: 0 },
      { role: 'assistant', text: 'done', at: 0 },
    ]);
    expect(await store?.has(folder, id)).toBe(true);
    expect(await store?.has(folder, asId<NativeId>('../chat-1'))).toBe(false);
    expect(await store?.remove?.(folder, id)).toBe(true);
    expect(await store?.has(folder, id)).toBe(false);
  });

  it('are nothing when the file is no chat', async () => {
    const { agent, folder } = await cursor();
    const key = createHash('md5').update(folder).digest('hex');
    const chat = join(folder, '.cursor', 'chats', key, 'chat-1');
    await mkdir(chat, { recursive: true });
    const database = openSqlite(join(chat, 'store.db'));
    database.exec('CREATE TABLE other (x)');
    database.close();
    expect((await agent.store?.list(folder, 5))?.[0]?.title).toBe('chat-1');
    expect(await agent.store?.history(folder, asId<NativeId>('chat-1'), 5)).toEqual([]);
  });
});

async function writeChat(folder: string, name: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const database = openSqlite(join(folder, 'store.db'));
  database.exec('CREATE TABLE meta (key TEXT, value TEXT); CREATE TABLE blobs (id TEXT, data BLOB)');
  const put = (data: Buffer) => {
    const id = createHash('sha256').update(data).digest();
    database.prepare('INSERT INTO blobs VALUES (?, ?)').run(id.toString('hex'), data);
    return Buffer.concat([Buffer.from([0x0a, 0x20]), id]);
  };
  const says = (role: string, content: unknown) => put(Buffer.from(JSON.stringify({ role, content })));
  const refs = [
    says('system', 'You are …'),
    says('user', [{ type: 'text', text: '<user_info>x</user_info>' }]),
    says('user', [{ type: 'text', text: '<user_query>\nfix the bug\n</user_query>' }]),
    says('assistant', [
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'done' },
    ]),
  ];
  const root = put(Buffer.concat([...refs, Buffer.from([0x12, 0x00])]));
  const latestRootBlobId = root.subarray(2).toString('hex');
  const meta = Buffer.from(JSON.stringify({ agentId: 'x', name, latestRootBlobId })).toString('hex');
  database.prepare('INSERT INTO meta VALUES (?, ?)').run('0', meta);
  database.close();
}
