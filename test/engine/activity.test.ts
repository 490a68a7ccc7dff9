import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
let calls: string[];
let failure: Error | undefined;

const signs = (refreshMs?: number) => ({
  refreshMs,
  async show(to: { chat: string; replyTo?: string }) {
    calls.push(`show ${to.replyTo}`);
    return { kind: 'typing', chat: to.chat, message: to.replyTo };
  },
  async clear(_: object, outcome: string) {
    if (failure) throw failure;
    calls.push(outcome);
  },
});

beforeEach(async () => {
  calls = [];
  failure = undefined;
  chat = await Harness.open();
  chat.platform.activity = signs();
});
afterEach(async () => {
  vi.useRealTimers();
  await chat.close();
});

const called = (call: string) => until(call, () => calls.includes(call));

describe('the sign that a message is being worked on', () => {
  it('is put on the message and taken off when the answer is there', async () => {
    await chat.turn('one', 'a');
    await called('done');
    expect(calls).toEqual(['show in1', 'done']);
    await until(
      'no record',
      () => chat.queries.activities(chat.platform.account, chat.context.name).length === 0,
    );
  });

  it('is not taken off before the answer is stored: nothing is in the way of that', async () => {
    const { store } = chat;
    const commit = store.commit.bind(store);
    let stored: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      stored = resolve;
    });
    const held = new Promise<void>((resolve) => {
      vi.spyOn(store, 'commit').mockImplementation(async (name, args, urgency) => {
        if (name === 'endTurn') {
          resolve();
          await gate;
        }
        return commit(name, args, urgency);
      });
    });
    await chat.running('one');
    chat.agent.last?.reply('a');
    await held;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(calls).toEqual(['show in1']);
    stored();
    await called('done');
  });

  it('is taken off behind the answer: the call that carries it has gone out and come back', async () => {
    const send = chat.platform.send.bind(chat.platform);
    vi.spyOn(chat.platform, 'send').mockImplementation(async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      calls.push('answered');
      return send(...args);
    });
    await chat.turn('one', 'a');
    await called('done');
    expect(calls).toEqual(['show in1', 'answered', 'done']);
  });

  it('says that the turn was stopped, or that it failed', async () => {
    await chat.running('one');
    await chat.say('/stop');
    await called('stopped');
    await chat.running('two');
    chat.agent.last?.end({ status: 'error', message: 'overloaded' });
    await called('failed');
  });

  it('says nothing of being done where the agent asked for silence', async () => {
    await chat.running('one');
    chat.agent.last?.reply('NO_REPLY');
    await called('stopped');
    expect(calls).not.toContain('done');
  });

  it('is kept alive while the turn runs, and not after it', async () => {
    chat.platform.activity = signs(4000);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await chat.running('one');
    vi.advanceTimersByTime(12_500);
    await until('three more', () => calls.filter((call) => call.startsWith('show')).length === 4);
    chat.agent.last?.reply('a');
    await called('done');
    vi.advanceTimersByTime(12_500);
    expect(calls.filter((call) => call.startsWith('show'))).toHaveLength(4);
  });

  it('is not shown for what the agent says by itself', async () => {
    await chat.turn('one', 'a');
    await called('done');
    chat.agent.last?.speak('by the way');
    await until('the words', () => chat.platform.last === 'by the way');
    expect(calls).toEqual(['show in1', 'done']);
  });

  it('that a dead daemon left is taken off at the next start', async () => {
    await chat.running('one');
    await until(
      'the record',
      () => chat.queries.activities(chat.platform.account, chat.context.name).length === 1,
    );
    failure = new AppError('away', 'no network', { kind: 'permanent' });
    await chat.restart();
    failure = undefined;
    await chat.restart();
    await until(
      'no record',
      () => chat.queries.activities(chat.platform.account, chat.context.name).length === 0,
    );
  });

  it('never holds up the answer', async () => {
    chat.platform.activity = { ...signs(), show: () => new Promise(() => undefined) };
    await chat.turn('one', 'a');
  });
});
