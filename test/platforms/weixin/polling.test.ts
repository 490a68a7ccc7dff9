import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Inbound, InputVerdict } from '../../../src/core/inbound.ts';
import type { WeixinPlatform } from '../../../src/platforms/weixin/weixin-platform.ts';
import { RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import { ann, forever, weixinWorld } from './world.ts';

describe('the poll', () => {
  let world: Awaited<ReturnType<typeof weixinWorld>>;
  const started: WeixinPlatform[] = [];

  beforeEach(async () => {
    world = await weixinWorld();
  });
  afterEach(async () => {
    for (const platform of started.splice(0)) await platform.stop();
    await world.close();
  });

  const start = async (sink = new RecordingSink()) => {
    const platform = world.create();
    started.push(platform);
    await platform.start(sink, forever);
    return { platform, sink };
  };
  const cursor = () => world.memory.read('cursor') ?? '';
  const asked = () =>
    world.sim.calls.filter(({ method }) => method === 'getupdates').map(({ body }) => body.get_updates_buf);

  test('hands all messages of a batch over in one tick and in order', async () => {
    class Ticks extends RecordingSink {
      tick = 0;
      readonly ticks: number[] = [];
      override input(input: Inbound): Promise<InputVerdict> {
        if (this.inputs.length === 0) setImmediate(() => this.tick++);
        this.ticks.push(this.tick);
        return super.input(input);
      }
    }
    for (let i = 0; i < 5; i++) world.sim.personSends(ann, `message ${i}`);
    const sink = new Ticks();
    await start(sink);
    await waitUntil('all arrive', () => sink.messages.length === 5);
    expect(sink.ticks).toEqual([0, 0, 0, 0, 0]);
    expect(sink.messages.map(({ text }) => text)).toEqual([0, 1, 2, 3, 4].map((i) => `message ${i}`));
  });

  test('moves its cursor only after the whole batch is stored', async () => {
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
    world.sim.personSends(ann, 'quick');
    world.sim.personSends(ann, 'slow');
    const sink = new Slow();
    await start(sink);
    await waitUntil('the first is stored', () => sink.messages.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(cursor()).toBe('');
    expect(asked()).toEqual(['']);
    release();
    await waitUntil('the cursor moves', async () => cursor() !== '');
    await waitUntil('it is used', () => asked().at(-1) !== '');
    expect(asked().at(-1)).toBe(cursor());
  });

  test('goes on after a restart where the cursor on disk says', async () => {
    const first = await start();
    world.sim.personSends(ann, 'one');
    await waitUntil('it arrives', () => first.sink.messages.length === 1);
    await first.platform.stop();
    world.sim.personSends(ann, 'two');
    const { sink } = await start();
    await waitUntil('the other arrives', () => sink.messages.length > 0);
    expect(sink.inputs.map((input) => input.kind === 'message' && input.text)).toEqual(['two']);
  });

  test('keeps ids whole that are longer than a JavaScript number', async () => {
    const { sink } = await start();
    const id = world.sim.personSends(ann, 'long id');
    await waitUntil('it arrives', () => sink.messages.length === 1);
    expect(sink.messages[0]?.message).toBe(id);
    expect(sink.messages[0]?.dedupeKey.split('|')[1]).toBe(id);
  });

  test('tells that the login has run out, and works again when it is restored', async () => {
    world.sim.faults.expired = true;
    const { platform, sink } = await start();
    await waitUntil('it is denied', () => sink.lastState === 'denied');
    expect(sink.states.at(-1)?.detail).toContain('scan again');
    expect(performance.now() - platform.health().lastProgressAt).toBeLessThan(1000);
    world.sim.faults.expired = false;
    await waitUntil('it is ready', () => sink.lastState === 'ready');
  });

  test.each([
    ['a gateway error', { kind: 'status', status: 502 }],
    ['a hotel page', { kind: 'body', body: '<html></html>' }],
    ['a list of something else', { kind: 'body', body: '{"msgs":{"0":1},"get_updates_buf":"x"}' }],
    ['an unknown code', { kind: 'body', body: '{"ret":-99,"errmsg":"?"}' }],
    ['a cut connection', { kind: 'reset' }],
  ] as const)('waits out %s', async (_what, fault) => {
    world.sim.faults.next('getupdates', fault);
    const { sink } = await start();
    world.sim.personSends(ann, 'after it');
    await waitUntil('the message arrives', () => sink.messages.length === 1);
    expect(sink.states[0]?.state).toBe('down');
    expect(sink.lastState).toBe('ready');
  });

  test('sends the headers and the route the service asks for', async () => {
    const platform = world.create({ route_tag: 'gray-1' });
    started.push(platform);
    await platform.start(new RecordingSink(), forever);
    await waitUntil('it polls', () => world.sim.calls.length > 0);
    expect(world.sim.calls[0]?.headers).toMatchObject({
      skroutetag: 'gray-1',
      authorizationtype: 'ilink_bot_token',
      'ilink-app-id': 'bot',
    });
  });
});
