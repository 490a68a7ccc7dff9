import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { openSqlite } from '../../src/kit/sqlite.ts';
import { until } from '../blackbox/daemon.ts';
import { countedChat } from '../engine-harness/fake-platform.ts';
import { Harness, until as untilHarness } from '../engine-harness/harness.ts';
import { ContractWorld } from './contract-world.ts';

describe('on the platforms', () => {
  let world: ContractWorld;
  beforeEach(async () => {
    world = await ContractWorld.open();
    world.configure();
    await world.start();
  });
  afterEach((context) => world.close(context.task.result?.state === 'fail'));

  describe('unknown outcome of a send', () => {
    it('keyed: an answer that was swallowed is not repeated', async () => {
      world.feishu.faults.add({ on: 'message.', trouble: { kind: 'swallow' }, times: 2 });
      world.feishuPlace.say('token: K1');
      await world.appears(world.feishuPlace, 'echo:K1');
      world.feishuPlace.say('token: K2');
      await world.appears(world.feishuPlace, 'echo:K2');
      expect(world.count(world.feishuPlace, 'echo:K1')).toBe(1);
    });

    it('probe: a text whose answer was swallowed is found, not repeated', async () => {
      world.telegram.faults.next('sendMessage', { kind: 'swallow' });
      world.telegramPlace.say('token: K3');
      await world.appears(world.telegramPlace, 'echo:K3');
      world.telegramPlace.say('token: K4');
      await world.appears(world.telegramPlace, 'echo:K4');
      expect(world.count(world.telegramPlace, 'echo:K3')).toBe(1);
    });
  });

  describe('platform down, 429, 5xx', () => {
    it('the answer waits and is delivered in order once', async () => {
      world.telegram.faults.next('sendMessage', { kind: 'html', code: 502 }, 2);
      world.telegram.faults.next('sendMessage', { kind: 'rate_limit', seconds: 1 });
      world.telegramPlace.say('token: D1');
      world.telegramPlace.say('token: D2');
      await world.appears(world.telegramPlace, 'echo:D2');
      const order = world.telegramPlace.seen().flatMap(({ text }) => /echo:(D\d)/.exec(text)?.[1] ?? []);
      expect(order).toEqual(['D1', 'D2']);
    });

    it('a permanent refusal is given up and told in the log, and does not block the chat', async () => {
      world.telegram.chat(501).forbidden = 'Forbidden: bot was blocked by the user';
      world.telegramPlace.say('token: D3');
      await world.daemon?.says('part cannot be delivered');
      world.telegram.chat(501).forbidden = undefined;
      world.telegramPlace.say('token: D4');
      await world.appears(world.telegramPlace, 'echo:D4');
      expect(world.count(world.telegramPlace, 'echo:D3')).toBe(0);
    });
  });

  describe('sleep and wake', () => {
    it('a daemon that slept answers what came meanwhile, once', async () => {
      world.telegramPlace.say('slow: 0.5 ;; token: S1');
      await world.running('S1');
      world.daemon?.child.kill('SIGSTOP');
      world.feishuPlace.say('token: S2');
      await sleep(2500);
      world.daemon?.child.kill('SIGCONT');
      await world.appears(world.telegramPlace, 'echo:S1');
      await world.appears(world.feishuPlace, 'echo:S2');
      await until(() => world.feishu.link.unacknowledged === 0, 'all events acknowledged');
      expect(world.count(world.feishuPlace, 'echo:S2')).toBe(1);
      expect(world.runs('S2')).toBe(1);
    });
  });
});

describe('in the engine', () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await Harness.open();
  });
  afterEach(() => harness.close());

  const lost = () => new AppError('lost', 'no answer', { kind: 'ambiguous' });

  it('blind: a part whose send answer was lost is repeated, marked', async () => {
    Object.assign(harness.platform.capabilities, { delivery: { kind: 'blind' } });
    await harness.running('one');
    harness.platform.broken = lost();
    harness.agent.last?.reply('the answer');
    // The attempt is counted before it is made.
    await untilHarness(
      'the doubt',
      () => typeof harness.queries.openParts(harness.context.name)[0]?.error === 'string',
    );
    harness.platform.broken = undefined;
    await untilHarness('the repeat', () => harness.platform.texts.includes('↻ the answer'));
    expect(harness.platform.texts).toEqual(['↻ the answer']);
  });

  it('past the window of the key: repeated, marked', async () => {
    Object.assign(harness.platform.capabilities, { delivery: { kind: 'keyed', windowMs: -1 } });
    await harness.running('one');
    harness.platform.broken = lost();
    harness.agent.last?.reply('the answer');
    await untilHarness(
      'an attempt',
      () => harness.queries.openParts(harness.context.name)[0]?.attempts === 1,
    );
    harness.platform.broken = undefined;
    await untilHarness('the repeat', () => harness.platform.texts.includes('↻ the answer'));
  });

  it('a spent send budget: what waits goes out as one message when the person writes, once, also over a restart', async () => {
    countedChat(harness.platform, 4000);
    await harness.turn('one', 'first');
    harness.platform.broken = new AppError('spent', 'enough', { kind: 'budget', retryAfterMs: 3_600_000 });
    for (const answer of ['second', 'third']) {
      await harness.running(`do ${answer}`);
      harness.agent.last?.reply(answer);
      await untilHarness(
        'the end of the work',
        () => harness.actor().turn?.state === 'delivering' || !harness.actor().turn,
      );
      await untilHarness(
        'the hold',
        () => harness.queries.openParts(harness.context.name)[0]?.state === 'held',
      );
    }
    // The second message of the person had the first answer tried once more.
    await untilHarness('both', () => {
      const [second, third] = harness.queries.openParts(harness.context.name);
      return second?.state === 'held' && second.attempts === 2 && third !== undefined;
    });
    await harness.restart();
    harness.platform.broken = undefined;
    await harness.turn('four', 'fourth');
    const texts = harness.platform.texts.join('\n---\n');
    expect(texts).toMatch(/first\n---\n⏸[^\n]*\n\nsecond\n\nthird\n---\nfourth/);
    // A turn is over when its answer is on its way: that it arrived is recorded a moment later.
    await untilHarness('the record', () => harness.queries.openParts(harness.context.name).length === 0);
    expect(harness.queries.openInputs(harness.context.name)).toEqual([]);
  });

  it('disk full: nothing is acknowledged, the person is told, and it goes on when there is space again', async () => {
    harness.expectsProblems = true;
    await harness.turn('one', 'first');
    harness.store.limitPages(1);
    await expect(harness.say(`two ${'x'.repeat(400_000)}`)).rejects.toMatchObject({ kind: 'unavailable' });
    await untilHarness('the word about it', () =>
      harness.platform.texts.some((text) => text.includes('the disk is full')),
    );
    harness.store.limitPages(0);
    await harness.turn('three', 'third');
  });

  it('store locked: nothing is acknowledged, the person is told, and it goes on when it is let go', async () => {
    await harness.close();
    harness = await Harness.open({ busyTimeoutMs: 50 });
    harness.expectsProblems = true;
    await harness.turn('one', 'first');
    const other = openSqlite(join(harness.folder, 'state.db'), { timeout: 5_000 });
    other.exec('BEGIN EXCLUSIVE');
    const second = { message: 'second', text: 'two' };
    await expect(harness.send(second)).rejects.toMatchObject({ code: 'store_busy', kind: 'unavailable' });
    await untilHarness('the word about it', () =>
      harness.platform.texts.some((text) => text.startsWith('💾 Nothing can be stored right now.')),
    );
    expect(harness.platform.texts.join()).not.toContain('disk');
    other.exec('ROLLBACK');
    other.close();
    // The platform brings again what was not acknowledged.
    expect(await harness.send(second)).toMatchObject({ verdict: 'accepted' });
    await untilHarness('the prompt', () => harness.agent.last?.prompts.at(-1)?.text === 'two');
    harness.agent.last?.reply('second');
    await untilHarness('the answer', () => harness.platform.texts.includes('second'));
  });

  it('a disk that runs full between a send and its record: the word about it does not wait behind that', async () => {
    harness.expectsProblems = true;
    const send = harness.platform.send.bind(harness.platform);
    harness.platform.send = async (to, part, key) => {
      const ref = await send(to, part, key);
      if (part.plain === 'first') refuseRecords();
      return ref;
    };
    const commit = harness.store.commit.bind(harness.store);
    let full = false;
    const refuseRecords = () => {
      full = true;
    };
    vi.spyOn(harness.store, 'commit').mockImplementation(async (name, args, soon) => {
      if (full) throw new AppError('store_full', 'the disk is full', { kind: 'unavailable' });
      return commit(name, args, soon);
    });
    await harness.running('one');
    harness.agent.last?.reply('first');
    await untilHarness('the answer', () => harness.platform.texts.includes('first') && full);
    await expect(harness.say('two')).rejects.toMatchObject({ kind: 'unavailable' });
    await untilHarness('the word about it', () =>
      harness.platform.texts.some((text) => text.includes('the disk is full')),
    );
    full = false;
    await untilHarness('the record', () => harness.queries.openParts(harness.context.name).length === 0);
  });

  it('clock jumps: neither a leap forward nor back ends a turn or loses a message', async () => {
    const real = Date.now;
    try {
      await harness.running('one');
      Date.now = () => real() + 86_400_000;
      harness.agent.last?.reply('first');
      await untilHarness('the first answer', () => harness.platform.texts.includes('first'));
      await untilHarness('its end', () => harness.actor().turn === undefined);
      Date.now = () => real() - 86_400_000;
      await harness.turn('two', 'second');
      expect(harness.platform.texts).toEqual(['first', 'second']);
    } finally {
      Date.now = real;
    }
  });
});
