import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Inbound, InputVerdict } from '../../../src/core/inbound.ts';
import type { Platform } from '../../../src/core/platform.ts';
import { RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import { telegramWorld } from './world.ts';

const forever = new AbortController().signal;

describe('the poll', () => {
  let world: Awaited<ReturnType<typeof telegramWorld>>;
  const started: Platform[] = [];

  beforeEach(async () => {
    world = await telegramWorld();
  });
  afterEach(async () => {
    for (const platform of started.splice(0)) await platform.stop();
    await world.close();
  });

  const start = async (sink = new RecordingSink()) => {
    const platform = world.create();
    started.push(platform);
    await platform.start(sink, forever);
    await waitUntil('ready', () => sink.lastState === 'ready');
    return { platform, sink };
  };

  test('[feature: one transaction per batch] hands all updates of a batch over in one tick', async () => {
    class Ticks extends RecordingSink {
      ticks = new Map<string, number>();
      tick = 0;
      override input(input: Inbound): Promise<InputVerdict> {
        if (this.inputs.length === 0) setImmediate(() => this.tick++);
        this.ticks.set(input.dedupeKey, this.tick);
        return super.input(input);
      }
    }
    for (let i = 0; i < 5; i++) world.sim.userSends(world.ann, 42, `message ${i}`);
    const sink = new Ticks();
    await start(sink);
    await waitUntil('all arrive', () => sink.messages.length === 5);
    expect([...sink.ticks.values()]).toEqual([0, 0, 0, 0, 0]);
    expect(sink.messages.map((message) => message.text)).toEqual([0, 1, 2, 3, 4].map((i) => `message ${i}`));
  });

  test('[feature: commit before acknowledgement] confirms nothing of a batch before all of it is stored', async () => {
    let release = () => {};
    class Slow extends RecordingSink {
      override async input(input: Inbound): Promise<InputVerdict> {
        if (input.kind === 'message' && input.text === 'slow')
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        return super.input(input);
      }
    }
    world.sim.userSends(world.ann, 42, 'quick');
    world.sim.userSends(world.ann, 42, 'slow');
    const sink = new Slow();
    await start(sink);
    await waitUntil('the quick one is in', () => sink.messages.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(world.sim.pendingUpdates).toBe(2);
    release();
    await waitUntil('the batch is confirmed', () => world.sim.pendingUpdates === 0);
  });

  test('asks by name for the updates it reads', async () => {
    await start();
    const poll = world.sim.calls.find((call) => call.method === 'getUpdates');
    expect(poll?.payload.allowed_updates).toEqual([
      'message',
      'edited_message',
      'callback_query',
      'stopped_message_generation',
    ]);
  });

  test('[feature: 409] a second poller is told plainly and waited out', async () => {
    const first = await start();
    const sink = new RecordingSink();
    const rival = world.create();
    started.push(rival);
    await rival.start(sink, forever);
    await waitUntil('one of them says so', () =>
      [...first.sink.states, ...sink.states].some((state) =>
        state.detail?.includes('another instance is polling with this token'),
      ),
    );
    await rival.stop();
    world.sim.userSends(world.ann, 42, 'still there?');
    await waitUntil('the survivor goes on', () => first.sink.messages.length + sink.messages.length >= 1);
    await waitUntil('and is ready', () => first.sink.lastState === 'ready');
  });

  test('[feature: webhook in the way] a webhook that takes the updates away is removed', async () => {
    world.sim.account.webhook = 'https://example.org/hook';
    world.sim.userSends(world.ann, 42, 'hello');
    const { sink } = await start();
    await waitUntil('the message arrives', () => sink.messages.length === 1);
    expect(world.sim.account.webhook).toBe('');
  });

  test('[feature: revoked token] a revoked token is denied, and works again when it is restored', async () => {
    const { sink } = await start();
    world.sim.faults.revoked = true;
    world.sim.cutConnections();
    await waitUntil('denied', () => sink.lastState === 'denied');
    expect(sink.states.at(-1)?.detail).toContain('@BotFather');
    world.sim.faults.revoked = false;
    await waitUntil('ready', () => sink.lastState === 'ready');
  });

  test('a gateway error and a rate limit are waited out', async () => {
    const { sink } = await start();
    world.sim.faults.next('getUpdates', { kind: 'html', code: 502 }, 2);
    world.sim.faults.next('getUpdates', { kind: 'rate_limit', seconds: 0 });
    world.sim.cutConnections();
    world.sim.userSends(world.ann, 42, 'after the trouble');
    await waitUntil('the message arrives', () => sink.messages.length === 1);
    await waitUntil('ready', () => sink.lastState === 'ready');
  });

  test('[feature: order] duplicates and swapped order of chats do no harm', async () => {
    const bob = world.sim.addPrivateChat({ id: 43, name: 'Bob' });
    world.sim.faults.random({ seed: 1, duplicate: 0.5 });
    world.sim.faults.reorder = true;
    for (let i = 0; i < 5; i++) {
      world.sim.userSends(world.ann, 42, `a${i}`);
      world.sim.userSends(bob, 43, `b${i}`);
    }
    const { sink } = await start();
    await waitUntil('all are in', () => sink.messages.length === 10);
    await waitUntil('all are confirmed', () => world.sim.pendingUpdates === 0);
    expect(sink.inputs.length).toBeGreaterThan(10);
    const texts = (chat: string) =>
      sink.messages.filter((message) => message.address.chat === chat).map(({ text }) => text);
    expect(texts('42')).toEqual(['a0', 'a1', 'a2', 'a3', 'a4']);
    expect(texts('43')).toEqual(['b0', 'b1', 'b2', 'b3', 'b4']);
    // They were in fact swapped.
    const sent = [0, 1, 2, 3, 4].flatMap((at) => [`a${at}`, `b${at}`]);
    expect(sink.messages.map(({ text }) => text)).not.toEqual(sent);
  });

  test.each([
    ['an object', {}],
    ['null', null],
    ['a text', 'updates'],
    ['something like a list', { length: 1, 0: { update_id: 900_000_000 } }],
  ])(
    '[feature: broken answers] an answer that is no list but %s is told and waited out',
    async (_what, result) => {
      const { sink } = await start();
      world.sim.faults.next('getUpdates', { kind: 'result', result }, 2);
      world.sim.cutConnections();
      await waitUntil('it is told', () =>
        sink.states.some(
          ({ state, detail }) => state === 'down' && detail?.includes('did not answer with a list'),
        ),
      );
      world.sim.userSends(world.ann, 42, 'one');
      await waitUntil('arrives', () => sink.messages.length === 1);
      await waitUntil('ready', () => sink.lastState === 'ready');
    },
  );

  test('health moves with every answered poll', async () => {
    const { platform } = await start();
    const before = platform.health();
    expect(before.boundMs).toBeGreaterThan(1000);
    await waitUntil('it moves', () => platform.health().lastProgressAt > before.lastProgressAt);
  });

  test('[feature: the Stop button of Telegram] the stop button under a draft arrives', async () => {
    const { platform, sink } = await start();
    await platform.preview?.open(world.direct, { markdown: 'thinking' }, 'k', forever);
    world.sim.pressStop(42);
    await waitUntil('it arrives', () => sink.accepted.some((input) => input.kind === 'stop'));
  });

  test('a press whose commit failed comes again and is answered then', async () => {
    const { platform, sink } = await start();
    const card = {
      blocks: [{ kind: 'buttons', rows: [[{ label: 'Go', data: 'go' }]] }],
    } as const;
    const [part] = platform.render({ kind: 'card', card }, world.direct);
    if (!part) throw new Error('no part');
    const ref = await platform.send(world.direct, part, 'press', forever);
    sink.refusing = true;
    sink.reply = { toast: 'gone' };
    const pressed = world.sim.press(world.ann, 42, Number(ref.message), 'Go');
    await waitUntil('it was offered', () => sink.actions.length > 0);
    sink.refusing = false;
    expect(await pressed).toBe('gone');
    expect(new Set(sink.actions.map((action) => action.dedupeKey)).size).toBe(1);
  });
});
