import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FeishuPlatform } from '../../../src/platforms/feishu/platform.ts';
import { RecordingSink, recordingLog, waitUntil } from '../../conformance/recording-sink.ts';
import { type FeishuSim, startFeishuSim } from '../../sim/feishu/sim.ts';
import { forever, makePlatform } from './harness.ts';

let sim: FeishuSim;
const platforms: FeishuPlatform[] = [];
beforeEach(async () => {
  sim = await startFeishuSim({ pingIntervalSecs: 1, ackTimeoutMs: 500, redeliverMs: 100 });
});
afterEach(async () => {
  for (const platform of platforms.splice(0)) await platform.stop();
  await sim.close();
});

async function start(options: Record<string, unknown> = {}, sink = new RecordingSink()) {
  const platform = makePlatform(sim, options);
  platforms.push(platform);
  await platform.start(sink, forever);
  return { platform, sink };
}

const ready = (sink: RecordingSink) => waitUntil('it is ready', () => sink.lastState === 'ready');

describe('connecting', () => {
  test('[feature: wrong credentials] a wrong secret is told as denied, in plain words', async () => {
    const { sink } = await start({ app_secret: 'wrong' });
    await waitUntil('it is denied', () => sink.lastState === 'denied');
    expect(sink.states.at(-1)?.detail).toMatch(/app_secret/);
  });

  test('a refusal of the endpoint is denied too, and overcome once it is gone', async () => {
    sim.faults.add({ on: 'ws.endpoint', trouble: { kind: 'code', code: 514, status: 200 } });
    const { sink } = await start();
    await waitUntil('it is denied', () => sink.states.some(({ state }) => state === 'denied'));
    await ready(sink);
  });

  test.each([
    ['token', { kind: 'http', status: 502 }],
    ['bot.info', { kind: 'code', code: 99991400, status: 429 }],
    ['ws.endpoint', { kind: 'http', status: 500 }],
    ['ws.endpoint', { kind: 'reset' }],
    ['ws.connect', { kind: 'reset' }],
  ] as const)(
    '[feature: outages while connecting] an outage at %s (%j) is down, then ready, without the pauses of the SDK',
    async (on, trouble) => {
      sim.faults.add({ on, trouble, times: 2 });
      const { sink } = await start();
      await ready(sink);
      expect(sink.states.map(({ state }) => state)).toEqual(['down', 'ready']);
      expect(sim.faults.struck.get(trouble.kind)).toBe(2);
    },
  );

  test('a bot that may not be asked about does not keep the adapter from working', async () => {
    sim.http.forbidden.add('bot.info');
    const { sink } = await start();
    await ready(sink);
    sim.userSends({ text: 'hi' });
    await waitUntil('the message arrives', () => sink.messages.length === 1);
  });

  test('[feature: dropped connection] it connects again after every drop', async () => {
    const { sink } = await start();
    for (let i = 0; i < 4; i++) {
      await ready(sink);
      sim.link.drop();
      await waitUntil('it is noticed', () => sink.lastState === 'down');
    }
    await ready(sink);
    sim.userSends({ text: 'still there?' });
    await waitUntil('the message arrives', () => sink.messages.length === 1);
  });

  test('[feature: signs of life] pongs are signs of life', async () => {
    const { platform, sink } = await start();
    await ready(sink);
    const before = platform.health().lastProgressAt;
    await waitUntil('a pong', () => platform.health().lastProgressAt > before, 5_000);
    expect(platform.health().boundMs).toBeLessThan(10_000);
  });

  test('stopping while it cannot connect ends at once', async () => {
    sim.faults.add({ on: 'ws.endpoint', trouble: { kind: 'http', status: 500 }, times: 1_000 });
    const { platform, sink } = await start();
    await waitUntil('it is down', () => sink.lastState === 'down');
    await platform.stop();
    await waitUntil('nothing is left', () => sim.connections === 0);
  });
});

describe('events', () => {
  test('[feature: commit before acknowledgement] are acknowledged only after the commit', async () => {
    let commit = (): void => {};
    const sink = new RecordingSink();
    const input = sink.input.bind(sink);
    sink.input = async (message) => {
      const verdict = await input(message);
      await new Promise<void>((resolve) => {
        commit = resolve;
      });
      return verdict;
    };
    await start({}, sink);
    await ready(sink);
    sim.userSends({ text: 'hi' });
    await waitUntil('it is offered', () => sink.inputs.length === 1);
    expect(sim.link.acks).toEqual([]);
    commit();
    await waitUntil('it is acknowledged', () => sim.link.acks.length === 1);
    expect(sim.link.acks[0]?.code).toBe(200);
  });

  test('[feature: failed commit] that could not be stored are acknowledged with 500', async () => {
    const { sink } = await start();
    await ready(sink);
    sink.refusing = true;
    sim.userSends({ text: 'hi' });
    await waitUntil('it is refused', () => sim.link.acks.some(({ code }) => code === 500));
    sink.refusing = false;
    await waitUntil('it comes again', () => sink.messages.length === 1);
  });

  test('[feature: fragments] come whole from fragments in any order', async () => {
    const { sink } = await start();
    await ready(sink);
    sim.faults.events.fragments = 7;
    sim.userSends({ text: 'in pieces '.repeat(200) });
    await waitUntil('it arrives', () => sink.messages.length === 1);
    expect(sink.messages[0]?.text).toBe('in pieces '.repeat(200).trim());
  });

  test('[feature: doubled and reordered events] doubled, renamed, delayed and reordered ones are each known by their key and time', async () => {
    const { sink } = await start();
    await ready(sink);
    Object.assign(sim.faults.events, { duplicate: 0.5, duplicateNewId: 0.5, reorder: 0.5, delayMs: 30 });
    const sent = Array.from({ length: 30 }, (_, i) => sim.userSends({ text: `n${i}` }));
    await waitUntil('all arrive', () => sink.messages.length === 30);
    await waitUntil('all are acknowledged', () => sim.link.unacknowledged === 0);
    expect(sink.inputs.length).toBeGreaterThan(30);
    const inOrder = [...sink.messages].sort((a, b) => a.at - b.at).map(({ text }) => text);
    expect(inOrder).toEqual(sent.map((_, i) => `n${i}`));
  });

  test('[feature: recall] a recall reaches the engine', async () => {
    const { sink } = await start();
    await ready(sink);
    const message = sim.userSends({ text: 'oops' });
    sim.recall(message.id);
    await waitUntil('it arrives', () => sink.inputs.some(({ kind }) => kind === 'recall'));
    expect(sink.inputs.at(-1)).toMatchObject({ message: message.id, dedupeKey: `r:${message.id}` });
  });

  test('nobody needs are acknowledged without noise', async () => {
    const { sink } = await start();
    await ready(sink);
    const header = { event_id: 'e', event_type: 'im.message.reaction.created_v1' };
    await sim.link.push({ schema: '2.0', header, event: { message_id: 'om_1' } });
    expect(sink.inputs).toEqual([]);
  });
});

describe('two projects on one app', () => {
  test('[feature: several projects and one app] share one connection, and each gets the messages of its chats', async () => {
    const first = await start({ allow_chat: 'oc_a', group_reply_all: true });
    const second = await start({ allow_chat: 'oc_b', group_reply_all: true });
    await ready(first.sink);
    await ready(second.sink);
    expect(sim.link.clients.size).toBe(1);
    for (let i = 0; i < 5; i++) {
      sim.userSends({ chat: 'oc_a', text: `a${i}` });
      sim.userSends({ chat: 'oc_b', text: `b${i}` });
    }
    await waitUntil(
      'all arrive',
      () => first.sink.messages.length === 5 && second.sink.messages.length === 5,
    );
    expect(first.sink.messages.every(({ address }) => address.chat === 'oc_a')).toBe(true);
    await first.platform.stop();
    sim.userSends({ chat: 'oc_b', text: 'last' });
    await waitUntil('the other goes on', () => second.sink.messages.length === 6);
    expect(sim.link.clients.size).toBe(1);
  });
});

test('the log of the SDK shows no address with a ticket', async () => {
  const lines = recordingLog();
  const platform = makePlatform(sim, {}, lines.lines);
  platforms.push(platform);
  const sink = new RecordingSink();
  await platform.start(sink, forever);
  await ready(sink);
  expect(JSON.stringify(lines.lines)).not.toContain('ticket');
});
