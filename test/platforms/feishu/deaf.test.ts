import { afterEach, beforeEach, expect, test } from 'vitest';
import { PlatformHost } from '../../../src/app/platform-host.ts';
import type { FeishuPlatform } from '../../../src/platforms/feishu/platform.ts';
import { RecordingSink, recordingLog, waitUntil } from '../../conformance/recording-sink.ts';
import { type FeishuSim, startFeishuSim } from '../../sim/feishu/sim.ts';
import { forever, makePlatform } from './harness.ts';

let sim: FeishuSim;
const platforms: FeishuPlatform[] = [];
const hosts: PlatformHost[] = [];
beforeEach(async () => {
  sim = await startFeishuSim({ pingIntervalSecs: 1, ackTimeoutMs: 500, redeliverMs: 100 });
});
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
  for (const platform of platforms.splice(0)) await platform.stop();
  await sim.close();
});

const optionsFor = (chat: string) => ({ allow_chat: chat, group_reply_all: true });
async function start(chat: string) {
  const sink = new RecordingSink();
  const platform = makePlatform(sim, optionsFor(chat));
  platforms.push(platform);
  await platform.start(sink, forever);
  await waitUntil('it is ready', () => sink.lastState === 'ready');
  return { platform, sink };
}
const deaf = (platform: FeishuPlatform) => {
  const { lastProgressAt, boundMs } = platform.health();
  return performance.now() - lastProgressAt > boundMs;
};
const talk = async (rooms: Record<string, RecordingSink>, rounds = 6) => {
  for (let i = 0; i < rounds; i++)
    for (const chat of Object.keys(rooms)) sim.userSends({ chat, text: `${chat} ${i}` });
  for (const [chat, sink] of Object.entries(rooms))
    await waitUntil(`what is said in ${chat}`, () => sink.messages.length === rounds);
};

test('[feature: silent connection shared by projects] a line that went deaf is replaced for all projects on it, and they share one connection again', async () => {
  const first = await start('oc_a');
  const second = await start('oc_b');
  sim.silent = true;
  await waitUntil('it is deaf', () => deaf(first.platform) && deaf(second.platform), 20_000);
  await first.platform.stop();
  sim.silent = false;
  const third = await start('oc_a');
  await waitUntil('the other is back', () => second.sink.lastState === 'ready' && !deaf(second.platform));
  await waitUntil('one connection', () => sim.link.clients.size === 1);
  await talk({ oc_a: third.sink, oc_b: second.sink });
  await second.platform.stop();
  sim.userSends({ chat: 'oc_a', text: 'last' });
  await waitUntil('the last message', () => third.sink.messages.length === 7);
  await third.platform.stop();
  await waitUntil('nothing is left', () => sim.connections === 0);
});

test('a healthy line is not taken for deaf when the clock leaps', async () => {
  const real = Date.now;
  const first = await start('oc_a');
  try {
    Date.now = () => real() + 86_400_000;
    const second = await start('oc_b');
    expect(sim.link.clients.size).toBe(1);
    await talk({ oc_a: first.sink, oc_b: second.sink });
  } finally {
    Date.now = real;
  }
});

test('an event that comes when nobody is there any more is not acknowledged', async () => {
  const { platform } = await start('oc_a');
  const stopped = platform.stop();
  sim.userSends({ chat: 'oc_a', text: 'too late' });
  await stopped;
  const again = await start('oc_a');
  await waitUntil('the message', () => again.sink.messages.length === 1);
});

test('[feature: silent connection] the watchdog replaces a silent connection, and nothing is lost', async () => {
  const sink = new RecordingSink();
  const make = () => makePlatform(sim, optionsFor('oc_a'));
  const host = new PlatformHost(make(), {
    make,
    sink: { input: (input) => sink.input(input), action: (action) => sink.action(action) },
    log: recordingLog(),
    changed: () => undefined,
    timings: {
      watchEveryMs: 50,
      stopMs: 1_000,
      startMs: 3_000,
      wakeMs: 5_000,
      deniedMs: 60_000,
      boundMs: 3_000,
    },
  });
  hosts.push(host);
  await host.start();
  await waitUntil('it is ready', () => host.state.is === 'ready');
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  expect(host.replaced).toBe(0);
  sim.silent = true;
  sim.userSends({ chat: 'oc_a', text: 'into the silence' });
  await waitUntil('it is replaced', () => host.replaced > 0, 20_000);
  sim.silent = false;
  await waitUntil('the message', () => sink.messages.length === 1, 20_000);
  expect(host.state.is).toBe('ready');
});
