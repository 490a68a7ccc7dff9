import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { promptOutcome, readHistory } from '../../../src/agents/copilot/event-lines.ts';
import { ALLOW_ALL, isAllowAll } from '../../../src/agents/copilot/modes.ts';
import { TokenMeter } from '../../../src/agents/copilot/session.ts';
import { scalar } from '../../../src/agents/copilot/session-folders.ts';
import { sessionStore } from '../../../src/agents/copilot/store.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';
import { isRecord } from '../../../src/kit/acp/wire.ts';
import { type JournalEntry, PromptJournal } from '../../../src/kit/prompt-journal.ts';
import { mutate, random } from '../fuzzing.ts';

const NOW = Date.now();
const event = (type: string, data: object = {}) => ({ type, data, timestamp: new Date(NOW).toISOString() });
const user = (content: string) => event('user.message', { content });
const said = (content: string, tools: object[] = []) =>
  event('assistant.message', { content, toolRequests: tools });
const end = event('assistant.turn_end');
const call = { toolCallId: '1', name: 'bash' };

let home: string;
let workDir: string;
let journal: PromptJournal;
beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'cc-copilot-store-')));
  workDir = join(home, 'work');
  await mkdir(workDir);
  journal = new PromptJournal(join(home, 'cache', 'prompts.jsonl'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function session(id: string, name: string | undefined, lines: readonly object[], cwd = workDir) {
  const folder = join(home, '.copilot', 'session-state', id);
  await mkdir(folder, { recursive: true });
  const yaml = [
    `id: ${id}`,
    `cwd: ${cwd}`,
    ...(name === undefined ? [] : [`name: ${name}`]),
    'summary_count: 0',
  ];
  await writeFile(join(folder, 'workspace.yaml'), `${yaml.join('\n')}\n`);
  await writeFile(
    join(folder, 'events.jsonl'),
    `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"cut`,
  );
  return asId<NativeId>(id);
}

describe('[feature: native sessions] conversations on disk', () => {
  it('are listed with their name or first words, shown and removed', async () => {
    const one = await session('session-1', "'It''s: named'", [
      user('hi'),
      said('hello'),
      said('', [call]),
      said('bye'),
    ]);
    await session('session-2', undefined, [user('first words')]);
    await session('session-3', 'other', [user('x')], '/elsewhere');
    await mkdir(join(home, '.copilot', 'session-state', '.session-operation-locks'));
    const store = sessionStore({ HOME: home }, journal);
    const listed = await store.list(workDir, 5);
    expect(listed.map(({ id, title }) => `${id}: ${title}`).sort()).toEqual([
      "session-1: It's: named",
      'session-2: first words',
    ]);
    expect((await store.history(workDir, one, 2)).map(({ text }) => text)).toEqual(['hello', 'bye']);
    expect(await store.has(workDir, asId('session-3'))).toBe(false);
    expect(await store.has(workDir, asId('../session-1'))).toBe(false);
    expect(await store.remove?.(workDir, one)).toBe(true);
    expect(await store.remove?.(workDir, one)).toBe(false);
    const elsewhere = sessionStore({ COPILOT_HOME: join(home, 'none') }, journal);
    expect(await elsewhere.list(workDir, 5)).toEqual([]);
  });

  it('have their names in plain, quoted and longer forms', () => {
    expect(scalar('a: 1\nname: plain words \n', 'name')).toBe('plain words');
    expect(scalar('name: "a\\nb"', 'name')).toBe('a\nb');
    expect(scalar('name: |\n  long', 'name')).toBeUndefined();
    expect(scalar('  name: nested', 'name')).toBeUndefined();
  });
});

describe('[feature: outcome of a prompt] what became of a prompt', () => {
  const outcome = async (lines: object[], text = 'x') => {
    await journal.note(asId('p'), 's', text);
    const entry = (await journal.find(asId('p'))) as JournalEntry;
    return promptOutcome(lines as Record<string, unknown>[], entry);
  };

  it('is the message that wanted no tool, once its turn has ended', async () => {
    const whole = [user('x'), said('a', [call]), end, said('b'), end];
    expect(await outcome(whole)).toEqual({ state: 'ended', ok: true, text: 'a\n\nb' });
    expect(await outcome(whole.slice(0, 4))).toEqual({ state: 'open', text: 'a\n\nb' });
    expect(await outcome(whole.slice(0, 3))).toEqual({ state: 'open', text: 'a' });
    expect(await outcome([user('y'), said('b'), end])).toEqual({ state: 'absent' });
  });

  it('is an end without success after an error, a stop or another message', async () => {
    for (const type of ['session.error', 'abort'])
      expect(await outcome([user('x'), said('a', [call]), end, event(type)])).toEqual({
        state: 'ended',
        ok: false,
        text: 'a',
      });
    expect(await outcome([user('x'), said('a', [call]), user('y'), said('b'), end])).toMatchObject({
      ok: false,
    });
  });

  it('is found by the time and the text, with whatever was put behind it', async () => {
    const early = { ...user('x'), timestamp: new Date(NOW - 3_600_000).toISOString() };
    expect(await outcome([early, said('old'), end, user('x and files'), said('new'), end])).toMatchObject({
      text: 'new',
    });
  });

  it('is looked up in the conversation that the journal names', async () => {
    const id = await session('session-1', 'n', [user('x'), said('b'), end]);
    await journal.note(asId('p'), id, 'x');
    await journal.note(asId('q'), id, 'never written');
    await journal.note(asId('r'), 'session-9', 'x');
    const store = sessionStore({ HOME: home }, new PromptJournal(join(home, 'cache', 'prompts.jsonl')));
    const ended = { state: 'ended', ok: true, text: 'b' };
    expect(await store.outcome?.(workDir, id, asId<PromptId>('p'))).toEqual(ended);
    expect(await store.outcome?.(workDir, undefined, asId('p'))).toEqual({ ...ended, nativeId: id });
    for (const prompt of ['q', 'r', 'never handed over'])
      expect(await store.outcome?.(workDir, id, asId(prompt))).toEqual({ state: 'absent' });
  });

  it('[feature: bad input] is something for strange values too', async () => {
    const next = random(9);
    for (let round = 0; round < 300; round++) {
      const lines = [user('x'), said('a', [call]), end, said('b'), end]
        .map((line) => mutate(line, next))
        .filter(isRecord);
      expect(['ended', 'open', 'absent']).toContain((await outcome(lines)).state);
      readHistory(lines);
    }
  });
});

describe('tokens and modes', () => {
  it('[feature: usage] are those of the turn alone, though the CLI counts on', () => {
    const meter = new TokenMeter();
    expect(meter.turn({ inputTokens: 235, outputTokens: 17 })).toEqual({
      inputTokens: 235,
      outputTokens: 17,
    });
    expect(meter.turn({ inputTokens: 470, outputTokens: 34, cacheReadTokens: 5 })).toEqual({
      inputTokens: 235,
      outputTokens: 17,
      cacheReadTokens: 5,
    });
  });

  it('[feature: mode change] know the mode that allows everything by its names', () => {
    for (const name of [ALLOW_ALL.id, 'BYPASSPERMISSIONS', ...ALLOW_ALL.aliases])
      expect(isAllowAll(name)).toBe(true);
    for (const name of ['agent', 'default', '', undefined]) expect(isAllowAll(name)).toBe(false);
  });
});
