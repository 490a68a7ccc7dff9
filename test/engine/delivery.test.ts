import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError, type ErrorKind } from '../../src/core/errors.ts';
import { heldUntil } from '../../src/engine/delivery-lane.ts';
import { partsFor } from '../../src/engine/parts.ts';
import { deliveryTexts } from '../../src/i18n/texts/delivery.ts';
import type { OutboxRow } from '../../src/store/rows.ts';
import { countedChat } from '../engine-harness/fake-platform.ts';
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

  it('goes out in its time, though the clock was set back meanwhile', async () => {
    chat = await Harness.open();
    chat.platform.broken = failing('budget', { retryAfterMs: 200 });
    const one = row('one');
    await post(one);
    await until('the hold', () => stateOf(one) === 'held');
    chat.platform.broken = undefined;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 86_400_000 });
    await said('one');
  });

  it('waits no longer than any budget takes, whatever clock an earlier life wrote its time by', () => {
    const year = 365 * 86_400_000;
    const held = { state: 'held', nextAt: Date.now() + year } as OutboxRow;
    const until = heldUntil(held) - performance.now();
    expect(until).toBeGreaterThan(86_300_000);
    expect(until).toBeLessThanOrEqual(86_400_000);
    expect(heldUntil({ ...held, nextAt: 0 }) - performance.now()).toBeLessThanOrEqual(0);
  });
});

describe('a wake during an attempt', () => {
  /** Resolves when a change is on disk while nobody has been told yet; `tell` lets it be told. */
  const untold = (change: string) => {
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const commit = chat.store.commit.bind(chat.store);
    const done = new Promise<void>((resolve) => {
      vi.spyOn(chat.store, 'commit').mockImplementation(async (name, args, soon) => {
        const result = await commit(name, args, soon);
        if (name !== change) return result;
        resolve();
        await told;
        return result;
      });
    });
    return { done, tell: () => tell() };
  };

  it('is not lost: the platform is tried again at once', async () => {
    chat = await Harness.open();
    chat.platform.broken = failing('rate_limit', { retryAfterMs: 3_600_000 });
    const refusal = untold('partFailed');
    const one = row('one');
    await post(one);
    await refusal.done;
    chat.platform.broken = undefined;
    chat.context.delivery.wake(chat.platform.account);
    refusal.tell();
    await said('one');
  });

  it('lets go what is held back when the person wrote here, not when the platform came back', async () => {
    chat = await Harness.open();
    const send = chat.platform.send.bind(chat.platform);
    let refuse: () => void = () => undefined;
    let attempts = 0;
    chat.platform.send = async (...args: Parameters<typeof send>) => {
      attempts += 1;
      if (attempts > 2) return send(...args);
      await new Promise<void>((resolve) => {
        refuse = resolve;
      });
      throw failing('budget');
    };
    const one = row('one');
    await post(one);
    await until('an attempt', () => attempts === 1);
    chat.context.delivery.wake(chat.platform.account, chat.address());
    refuse();
    await until('another attempt', () => attempts === 2);
    chat.context.delivery.wake(chat.platform.account);
    refuse();
    await until('the second refusal', () => chat.queries.part(one.id)?.attempts === 2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stateOf(one)).toBe('held');
    expect(attempts).toBe(2);
  });
});

describe('parts that a send budget holds back', () => {
  const notice = deliveryTexts.heldBack.en;
  /** The first is refused, the others wait behind it. */
  const hold = async (...rows: OutboxRow[]) => {
    chat.platform.broken = failing('budget');
    await post(...rows);
    const [first] = rows;
    await until('the hold', () => first !== undefined && stateOf(first) === 'held');
    chat.platform.broken = undefined;
  };
  const isSent = (one: OutboxRow) => until(`“${one.part.plain}”`, () => stateOf(one) === 'sent');

  it('are one message with a word about it when the person writes, each settled by it', async () => {
    chat = await Harness.open();
    countedChat(chat.platform, 1000);
    const rows = [row('one'), row('two'), row('three')];
    await hold(...rows);
    await chat.say('hello');
    for (const one of rows) await isSent(one);
    expect(chat.platform.texts[0]).toBe(`${notice}\n\none\n\ntwo\n\nthree`);
    expect(new Set(rows.map((one) => chat.queries.part(one.id)?.ref?.message)).size).toBe(1);
  });

  it('become as many messages as their length needs, in order', async () => {
    chat = await Harness.open();
    countedChat(chat.platform, 30);
    const long = (word: string) => word.padEnd(20, '.');
    const rows = [row(long('one')), row('two'), row(long('three')), row('four')];
    await hold(...rows);
    await chat.say('hello');
    for (const one of rows) await isSent(one);
    const messageOf = (one: OutboxRow) => chat.queries.part(one.id)?.ref?.message;
    expect(rows.map(messageOf)).toEqual(['m1', 'm1', 'm2', 'm2']);
    expect(chat.platform.texts.slice(0, 2)).toEqual([`${long('one')}\n\ntwo`, `${long('three')}\n\nfour`]);
  });

  it('are sent once, over a restart before and after they were joined', async () => {
    chat = await Harness.open();
    countedChat(chat.platform, 1000);
    const [one, two] = [row('one'), row('two')];
    await hold(one, two);
    await chat.restart();
    chat.platform.broken = failing('budget');
    chat.context.delivery.wake(chat.platform.account, chat.address());
    await until('the join', () => chat.queries.part(two.id)?.mergedInto === one.id);
    // The attempt is counted before it is made.
    await until('the refusal', () => stateOf(one) === 'held' && chat.queries.part(one.id)?.attempts === 2);
    await chat.restart();
    chat.platform.broken = undefined;
    const last = row('three');
    await post(last);
    chat.context.delivery.wake(chat.platform.account, chat.address());
    for (const each of [one, two, last]) await isSent(each);
    expect(chat.platform.texts.filter((text) => text.includes('one'))).toEqual([
      `${notice}\n\none\n\ntwo\n\nthree`,
    ]);
  });

  it('keep their own words beside those they carry', async () => {
    chat = await Harness.open();
    countedChat(chat.platform, 1000);
    const rows = [row('one'), row('two')];
    await hold(...rows);
    await chat.say('hello');
    for (const one of rows) await isSent(one);
    const words = rows.map((one) => chat.queries.part(one.id)).map((one) => one?.ownPlain ?? one?.part.plain);
    expect(words).toEqual(['one', 'two']);
  });

  it('that are given up are all given up', async () => {
    chat = await Harness.open();
    chat.expectsProblems = true;
    countedChat(chat.platform, 1000);
    const rows = [row('one'), row('two')];
    await hold(...rows);
    chat.platform.broken = failing('permission');
    chat.context.delivery.wake(chat.platform.account, chat.address());
    for (const one of rows) await until('the end', () => stateOf(one) === 'dead');
  });

  it('leave files and requests where they are', async () => {
    chat = await Harness.open();
    countedChat(chat.platform, 1000);
    const file = { ...row('report.pdf'), part: { kind: 'file' as const, body: {}, plain: 'report.pdf' } };
    const rows = [row('one'), file, row('two')];
    await hold(...rows);
    chat.context.delivery.wake(chat.platform.account, chat.address());
    for (const one of rows) await isSent(one);
    expect(chat.platform.texts).toEqual([`${notice}\n\none`, 'report.pdf', 'two']);
  });

  it('are announced by the last message that may still be sent', async () => {
    chat = await Harness.open();
    let left = 2;
    countedChat(chat.platform, 1000, () => left--);
    await post(row('one'), row('two'));
    await until('both', () => chat.platform.texts.length === 2);
    expect(chat.platform.texts).toEqual(['one', `two\n\n${deliveryTexts.lastForNow.en}`]);
  });

  it('and were refused count as not sent after a restart', async () => {
    chat = await Harness.open();
    countedChat(chat.platform, 1000);
    const one = row('one');
    await hold(one);
    await chat.restart();
    chat.context.delivery.wake(chat.platform.account, chat.address());
    await isSent(one);
    expect(chat.platform.texts[0]).not.toContain('↻');
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

  it('after a restart is looked for also behind what the start itself has to say', async () => {
    chat = await Harness.open();
    chat.platform.capabilities = { ...chat.platform.capabilities, delivery: { kind: 'probe' } };
    const looked: string[] = [];
    chat.platform.probe = async (to, _part, key) => {
      looked.push(key);
      return { chat: to.chat, message: `found-${key}` };
    };
    const [request, sent, next] = [row('the agent that asked is gone'), row('sent before'), row('next')];
    await chat.store.commit('enqueue', { rows: [request, sent, next], at: Date.now() });
    chat.context.delivery.add([request]);
    chat.context.delivery.add([sent, next], { recovered: true });
    await until('the parts', () => stateOf(next) === 'sent');
    expect(looked).toEqual([sent.id, next.id]);
    expect(chat.platform.texts).toEqual(['the agent that asked is gone']);
  });

  it('after a restart on a blind platform is marked when it was told as unknown', async () => {
    await unkeyed('blind');
    const one = row('one');
    await post(one);
    await until(
      'the doubt',
      () => chat.queries.part(one.id)?.state === 'sending' && chat.queries.part(one.id)?.error !== null,
    );
    await chat.restart();
    await until('the part', () => stateOf(one) === 'sent');
    expect(chat.platform.texts).toEqual(['one', '↻ one']);
  });

  it.each([false, true])(
    'on a blind one is marked also after a refusal (restart in between: %s)',
    async (restart) => {
      chat = await Harness.open();
      chat.platform.capabilities = { ...chat.platform.capabilities, delivery: { kind: 'blind' } };
      const send = chat.platform.send.bind(chat.platform);
      let calls = 0;
      chat.platform.send = async (to, part, key) => {
        calls += 1;
        if (calls === 2) throw failing('budget');
        const ref = await send(to, part, `${key}-${calls}`);
        if (calls === 1) throw failing('ambiguous');
        return ref;
      };
      const one = row('one');
      await post(one);
      await until('the hold', () => stateOf(one) === 'held');
      if (restart) await chat.restart();
      await until('the part', () => {
        // The store may tell of the hold a moment before delivery has heard of it.
        chat.context.delivery.wake(chat.platform.account, chat.address());
        return stateOf(one) === 'sent';
      });
      expect(chat.platform.texts).toEqual(['one', '↻ one']);
    },
  );

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
