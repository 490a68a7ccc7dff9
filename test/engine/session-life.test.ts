import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AgentStore } from '../../src/core/agent.ts';
import { AppError } from '../../src/core/errors.ts';
import { buttonsOf } from '../engine-harness/fake-platform.ts';
import { Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(async () => {
  vi.useRealTimers();
  await chat.close();
});

const prompts = () => chat.agent.sessions.flatMap((one) => one.prompts.map(({ text }) => text));
const session = () => {
  const row = chat.actor().sessions.known;
  if (!row) throw new Error('no session');
  return row;
};
const said = (part: string) =>
  until(`“${part}”`, () => chat.platform.texts.some((text) => text.includes(part)));

const storeWith = (has: boolean): AgentStore => ({
  list: async () => [],
  has: async () => has,
  history: async () => [],
});

describe('a conversation', () => {
  it('begins with the first message and keeps one process across turns', async () => {
    chat = await Harness.open();
    await chat.turn('one', 'a');
    await chat.turn('two', 'b');
    expect(chat.agent.sessions).toHaveLength(1);
    expect(chat.agent.last?.spec.resume).toBeUndefined();
    expect(chat.queries.session(session().id)?.nativeId).toBe('native-1');
  });

  it('is resumed by its native id after a restart', async () => {
    chat = await Harness.open();
    await chat.turn('one', 'a');
    await chat.restart();
    await chat.turn('two', 'b');
    expect(chat.agent.last?.spec.resume).toBe('native-1');
    expect(prompts()).toEqual(['one', 'two']);
  });

  it('follows the id the agent reports and remembers the past ones', async () => {
    chat = await Harness.open();
    await chat.turn('one', 'a');
    chat.agent.last?.emit({ kind: 'session', nativeId: 'native-9' as never });
    await until('the id', () => chat.queries.session(session().id)?.nativeId === 'native-9');
    expect(chat.queries.session(session().id)?.pastIds).toEqual(['native-1']);
    await chat.actor().closeAgent();
    await chat.turn('two', 'b');
    expect(chat.agent.last?.spec.resume).toBe('native-9');
  });

  it('of another project is not resumed: one fresh start with a recap and a word about it', async () => {
    chat = await Harness.open();
    await chat.turn('my name is Ada', 'hello Ada');
    await chat.actor().closeAgent();
    chat.agent.store = storeWith(false);
    await chat.running('who am I?');
    expect(chat.agent.last?.spec.resume).toBeUndefined();
    expect(prompts().at(-1)).toContain('User: my name is Ada\nYou: hello Ada');
    await said('could not be resumed');
    expect(chat.queries.session(session().id)?.pastIds).toEqual(['native-1']);
    chat.agent.last?.reply('Ada');
    await until('the end', () => chat.actor().turn === undefined);
    await chat.turn('and again?', 'still Ada');
    expect(prompts().at(-1)).toBe('and again?');
  });

  it('that its agent still has is resumed without a word', async () => {
    chat = await Harness.open();
    await chat.turn('one', 'a');
    await chat.actor().closeAgent();
    chat.agent.store = storeWith(true);
    await chat.turn('two', 'b');
    expect(chat.agent.last?.spec.resume).toBe('native-1');
    expect(chat.platform.texts).toEqual(['a', 'b']);
  });

  it.each(['open', 'prompt'] as const)('that fails to resume at %s starts afresh, once', async (at) => {
    chat = await Harness.open();
    await chat.turn('one', 'a');
    await chat.actor().closeAgent();
    chat.agent.resumeFailure = { at, error: new AppError('resume_failed', 'no such conversation') };
    await chat.running('two');
    expect(chat.agent.last?.spec.resume).toBeUndefined();
    await said('could not be resumed (no such conversation)');
    expect(prompts().at(-1)).toContain('You: a');
    chat.agent.last?.reply('b');
    await said('b');
  });

  it('tells that the agent cannot be started at all', async () => {
    chat = await Harness.open();
    chat.agent.open = () => Promise.reject(new AppError('missing', 'claude is not installed'));
    expect(await chat.ask('hello')).toContain('could not be started: claude is not installed');
    await until('the end', () => chat.queries.openInputs(chat.context.name).length === 0);
  });
});

describe('idle reset', () => {
  const minute = 60_000;
  const open = async () => {
    chat = await Harness.open({ settings: { resetOnIdleMs: 30 * minute } });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    await chat.turn('one', 'a');
  };

  it('starts a new conversation after long silence of the person, and says so', async () => {
    await open();
    const old = session().id;
    vi.setSystemTime(Date.now() + 31 * minute);
    await chat.running('two');
    await said('After 31 minutes of silence');
    expect(session().id).not.toBe(old);
    expect(chat.agent.last?.spec.resume).toBeUndefined();
    expect(chat.actor().sessions.list()).toHaveLength(2);
  });

  it('does not come earlier', async () => {
    await open();
    vi.setSystemTime(Date.now() + 29 * minute);
    await chat.turn('two', 'b');
    expect(chat.agent.sessions).toHaveLength(1);
  });

  it('is not put off by what the agent says by itself or by commands, also across a restart', async () => {
    await open();
    vi.setSystemTime(Date.now() + 20 * minute);
    chat.agent.last?.speak('by the way');
    await said('by the way');
    await chat.ask('/status');
    vi.setSystemTime(Date.now() + 15 * minute);
    await chat.restart();
    await chat.running('two');
    await said('After 35 minutes of silence');
  });

  it('is put off by an answer to a request', async () => {
    await open();
    vi.setSystemTime(Date.now() + 20 * minute);
    await chat.running('do it');
    chat.agent.last?.emit(permission('w1'));
    await until('the request', () => chat.platform.cards.length === 1);
    vi.setSystemTime(Date.now() + 20 * minute);
    await chat.say('allow');
    await until('the answer', () => chat.agent.last?.answers.length === 1);
    chat.agent.last?.reply('did it');
    await said('did it');
    await until('the end', () => chat.actor().turn === undefined);
    vi.setSystemTime(Date.now() + 20 * minute);
    await chat.turn('thanks', 'welcome');
    expect(chat.agent.sessions).toHaveLength(1);
  });

  it('leaves a conversation alone in which nothing was said yet', async () => {
    chat = await Harness.open({ settings: { resetOnIdleMs: 30 * minute } });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    await chat.ask('/status');
    const { id } = session();
    vi.setSystemTime(Date.now() + 60 * minute);
    await chat.turn('one', 'a');
    expect(session().id).toBe(id);
  });
});

const permission = (wireId: string) => ({
  kind: 'approval' as const,
  wireId,
  request: {
    kind: 'permission' as const,
    tool: 'Bash',
    summary: 'ls',
    input: { command: 'ls' },
    options: [
      { id: 'yes', label: '', role: 'allow' as const },
      { id: 'no', label: '', role: 'deny' as const },
    ],
  },
});

describe('an idle agent', () => {
  const open = () => Harness.open({ settings: { agentIdleCloseMs: 60_000 } });
  const fake = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  /** Lets what is under way happen without letting time pass. */
  const settle = async () => {
    for (let round = 0; round < 50; round += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  it('is parked after its time, and its conversation resumed by the next message', async () => {
    chat = await open();
    await chat.running('one');
    fake();
    chat.agent.last?.reply('a');
    await settleUntil(() => chat.actor().turn === undefined);
    vi.advanceTimersByTime(59_000);
    await settle();
    expect(chat.agent.last?.closed).toBe(false);
    vi.advanceTimersByTime(2_000);
    await settleUntil(() => chat.agent.last?.closed === true);
    vi.useRealTimers();
    await chat.turn('two', 'b');
    expect(chat.agent.last?.spec.resume).toBe('native-1');
  });

  it('is not parked while background work runs, but after it', async () => {
    chat = await open();
    await chat.running('one');
    fake();
    chat.agent.last?.emit({ kind: 'background', running: ['npm run dev'] });
    chat.agent.last?.reply('a');
    await settleUntil(() => chat.actor().turn === undefined);
    vi.advanceTimersByTime(300_000);
    await settle();
    expect(chat.agent.last?.closed).toBe(false);
    chat.agent.last?.emit({ kind: 'background', running: [] });
    await settleUntil(() => chat.actor().live?.background.length === 0);
    vi.advanceTimersByTime(61_000);
    await settleUntil(() => chat.agent.last?.closed === true);
  });

  it('is not parked while a request is open, but after it was answered', async () => {
    chat = await open();
    await chat.turn('one', 'a');
    chat.agent.last?.emit(permission('w1'));
    await until('the request', () => chat.platform.cards.length === 1);
    expect(chat.actor().live?.idleSince).toBeUndefined();
    await chat.press(buttonsOf(chat.platform.cards[0])[0] ?? '');
    await until('idleness', () => chat.actor().live?.idleSince !== undefined);
  });

  const settleUntil = async (done: () => boolean) => {
    for (let round = 0; round < 20_000 && !done(); round += 1)
      await new Promise((resolve) => setImmediate(resolve));
    expect(done()).toBe(true);
  };
});

describe('max_live_agents', () => {
  const bob = { id: 'bob' };
  const carol = { id: 'carol' };

  it('parks the agent that is idle the longest when another is needed', async () => {
    chat = await Harness.open();
    chat.context.slots.setMax(2);
    for (const [index, person] of [bob, carol].entries()) {
      await chat.say('hello', person);
      await until('the prompt', () => chat.agent.sessions[index]?.prompts.length === 1);
      chat.agent.last?.reply(`hi ${person.id}`);
      await said(`hi ${person.id}`);
      await until('the end', () => chat.actor(person).live?.idleSince !== undefined);
      if (person === bob)
        await until('a later moment', () => Date.now() > (chat.actor(bob).live?.idleSince ?? 0));
    }
    await chat.turn('me too', 'hi alice');
    expect(chat.agent.sessions.map(({ closed }) => closed)).toEqual([true, false, false]);
  });

  it('lets a message wait for a place while all agents work', async () => {
    chat = await Harness.open();
    chat.context.slots.setMax(1);
    await chat.say('hello', bob);
    await until('the prompt', () => chat.agent.last?.prompts.length === 1);
    await chat.say('me too');
    await until('the turn', () => chat.actor().turn?.state === 'starting');
    expect(chat.agent.sessions).toHaveLength(1);
    chat.agent.last?.reply('hi bob');
    await until('the place', () => chat.agent.sessions.length === 2);
    expect(chat.agent.sessions[0]?.closed).toBe(true);
    await until('the prompt', () => chat.agent.last?.prompts.length === 1);
  });
});
