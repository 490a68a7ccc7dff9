import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError, type ErrorKind } from '../../src/core/errors.ts';
import { partsFor } from '../../src/engine/parts.ts';
import type { OutboxRow } from '../../src/store/rows.ts';
import { Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(async () => {
  vi.useRealTimers();
  await chat.close();
});

const row = (markdown: string, address = chat.address()): OutboxRow => {
  const owner = { project: chat.context.name };
  const [made] = partsFor(chat.platform, address, { kind: 'text', markdown }, owner, Date.now());
  if (!made) throw new Error('no part');
  return made;
};
const post = async (...rows: OutboxRow[]) => {
  await chat.store.commit('enqueue', { rows, at: Date.now() });
  chat.context.delivery.add(rows);
};
const stateOf = (one: OutboxRow) => chat.queries.part(one.id)?.state;
const failing = (kind: ErrorKind, more: { retryAfterMs?: number } = {}) =>
  new AppError('refused', `it is ${kind}`, { kind, ...more });
const said = (text: string) => until(`“${text}”`, () => chat.platform.texts.includes(text));

describe('a platform that is away', () => {
  it.each<ErrorKind>(['network', 'unavailable'])('(%s) gets everything later, in order', async (kind) => {
    chat = await Harness.open();
    chat.platform.broken = failing(kind);
    const first = row('one');
    await post(first, row('two'));
    await until('an attempt', () => (chat.queries.part(first.id)?.attempts ?? 0) > 0);
    await post(row('three'));
    chat.platform.broken = undefined;
    chat.context.delivery.wake(chat.platform.account);
    await said('three');
    expect(chat.platform.texts).toEqual(['one', 'two', 'three']);
  });

  it('does not hold up another chat', async () => {
    chat = await Harness.open();
    const send = chat.platform.send.bind(chat.platform);
    chat.platform.send = (to, ...rest) =>
      to.chat === 'c1' ? Promise.reject(failing('unavailable')) : send(to, ...rest);
    await post(row('stuck'));
    await post(row('free', { ...chat.address(), chat: 'c2' }));
    await said('free');
  });

  it('that says when to come back is left alone until then', async () => {
    chat = await Harness.open();
    chat.platform.broken = failing('rate_limit', { retryAfterMs: 3_600_000 });
    const one = row('one');
    await post(one);
    await until('an attempt', () => chat.queries.part(one.id)?.attempts === 1);
    expect((chat.queries.part(one.id)?.nextAt ?? 0) - Date.now()).toBeGreaterThan(3_500_000);
  });
});

describe('a part that is refused for good', () => {
  it.each<ErrorKind>(['not_found', 'permission', 'validation', 'permanent', 'missing'])(
    '(%s) is given up with its reason, and what comes after it is delivered',
    async (kind) => {
      chat = await Harness.open();
      chat.expectsProblems = true;
      const send = chat.platform.send.bind(chat.platform);
      chat.platform.send = (to, part, key) =>
        part.plain === 'bad' ? Promise.reject(failing(kind)) : send(to, part, key);
      const bad = row('bad');
      await post(bad, row('good'));
      await said('good');
      expect(stateOf(bad)).toBe('dead');
      expect(chat.queries.deadParts(chat.context.name, 5)[0]?.error).toContain(kind);
    },
  );

  it('ends its turn all the same', async () => {
    chat = await Harness.open();
    chat.expectsProblems = true;
    await chat.running('hello');
    chat.platform.broken = failing('not_found');
    chat.agent.last?.reply('nobody reads this');
    await until('the end', () => chat.queries.openInputs(chat.context.name).length === 0);
    chat.platform.broken = undefined;
    await chat.turn('again', 'there');
  });
});

describe('a part that is held back', () => {
  it('goes out when the person writes in this chat, not when they write elsewhere', async () => {
    chat = await Harness.open();
    chat.platform.broken = failing('budget');
    const one = row('one');
    await post(one);
    await until('the hold', () => stateOf(one) === 'held');
    chat.platform.broken = undefined;
    chat.context.delivery.wake(chat.platform.account, { ...chat.address(), chat: 'c2' });
    chat.context.delivery.wake(chat.platform.account);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stateOf(one)).toBe('held');
    await chat.say('hello');
    await until('the part', () => stateOf(one) === 'sent');
    expect(chat.platform.texts[0]).toBe('one');
  });
});

describe('a send whose answer was lost', () => {
  it('on a keyed platform is repeated with the same key and shown once', async () => {
    chat = await Harness.open();
    const send = chat.platform.send.bind(chat.platform);
    const keys: string[] = [];
    chat.platform.send = async (to, part, key) => {
      keys.push(key);
      const ref = await send(to, part, key);
      if (keys.length === 1) throw failing('ambiguous');
      return ref;
    };
    const one = row('one');
    await post(one);
    await until('the part', () => stateOf(one) === 'sent');
    expect(keys).toEqual([one.id, one.id]);
    expect(chat.platform.texts).toEqual(['one']);
  });

  const unkeyed = async (kind: 'blind' | 'probe') => {
    chat = await Harness.open();
    chat.platform.capabilities = { ...chat.platform.capabilities, delivery: { kind } };
    const send = chat.platform.send.bind(chat.platform);
    let calls = 0;
    chat.platform.send = async (to, part, key) => {
      calls += 1;
      const ref = await send(to, part, `${key}-${calls}`);
      if (calls === 1) throw failing('ambiguous');
      return ref;
    };
  };

  it('on a blind one is repeated with a mark', async () => {
    await unkeyed('blind');
    const one = row('one');
    await post(one);
    await until('the part', () => stateOf(one) === 'sent');
    expect(chat.platform.texts).toEqual(['one', '↻ one']);
    expect(chat.queries.part(one.id)?.repeated).toBe(true);
  });

  it('is not repeated where the platform finds it', async () => {
    await unkeyed('probe');
    chat.platform.probe = async (to) => ({ chat: to.chat, message: 'm1' });
    const one = row('one');
    await post(one);
    await until('the part', () => stateOf(one) === 'sent');
    expect(chat.platform.texts).toEqual(['one']);
    expect(chat.queries.part(one.id)?.repeated).toBe(false);
  });

  it('is sent again unmarked where the platform knows that it is not there', async () => {
    await unkeyed('probe');
    chat.platform.probe = async () => 'absent' as const;
    const one = row('one');
    await post(one);
    await until('the part', () => stateOf(one) === 'sent');
    expect(chat.platform.texts).toEqual(['one', 'one']);
    expect(chat.queries.part(one.id)?.repeated).toBe(false);
  });

  it('after a restart on a blind platform is marked, what never went out is not', async () => {
    chat = await Harness.open();
    chat.platform.capabilities = { ...chat.platform.capabilities, delivery: { kind: 'blind' } };
    const first = row('one');
    const second = row('two');
    await chat.store.commit('enqueue', { rows: [first, second], at: Date.now() });
    await chat.store.commit('markSending', { id: first.id, attempts: 1, at: Date.now() });
    await chat.restart();
    await until('both', () => stateOf(second) === 'sent');
    expect(chat.platform.texts).toEqual(['↻ one', 'two']);
  });
});

describe('parts already sent', () => {
  it('are not sent again after a restart', async () => {
    chat = await Harness.open();
    const one = row('one');
    await post(one);
    await until('the part', () => stateOf(one) === 'sent');
    await chat.restart();
    await post(row('two'));
    await said('two');
    expect(chat.platform.texts).toEqual(['one', 'two']);
  });
});

describe('progress', () => {
  it('is merged while the chat is slow and dropped while it is away', async () => {
    chat = await Harness.open();
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const send = chat.platform.send.bind(chat.platform);
    chat.platform.send = async (...args: Parameters<typeof send>) => {
      await gate;
      return send(...args);
    };
    for (let at = 1; at <= 6; at += 1) chat.context.delivery.progress(chat.address(), `step ${at}`);
    open();
    await until('all of it', () => chat.platform.texts.join('\n').includes('step 6'));
    expect(chat.platform.texts).toHaveLength(2);
    chat.platform.broken = failing('network');
    chat.context.delivery.progress(chat.address(), 'lost');
    const one = row('kept');
    await post(one);
    await until('an attempt', () => chat.queries.part(one.id)?.attempts === 1);
    chat.platform.broken = undefined;
    chat.context.delivery.wake(chat.platform.account);
    await said('kept');
    expect(chat.platform.texts).not.toContain('lost');
  });
});
