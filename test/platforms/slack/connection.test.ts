import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import { SlackSim } from '../../sim/slack/sim.ts';
import { type Bench, forever, makePlatform, openBench } from './harness.ts';

describe('a running connection', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench({}, { retries: 0 });
  });
  afterEach(() => bench.close());
  const texts = (sink = bench.sink) => sink.messages.map(({ text }) => text);

  test('is replaced without a gap when the service recycles it', async () => {
    bench.sim.link.refresh('warning');
    bench.sim.link.refresh();
    await waitUntil('the new one is there', () => bench.sim.link.clients.size === 2);
    bench.sim.says(bench.chat, 'hello');
    await waitUntil('it arrives', () => texts().includes('hello'));
    expect(bench.sink.states.some(({ state }) => state === 'down')).toBe(false);
  });

  test('is made anew however often that fails', async () => {
    bench.sim.faults.add({ on: 'apps.connections.open', trouble: { kind: 'http', status: 503 }, times: 6 });
    bench.sim.faults.add({ on: 'apps.connections.open', trouble: { kind: 'reset' }, times: 3 });
    bench.sim.faults.add({ on: 'apps.connections.open', trouble: { kind: 'limit', seconds: 1 } });
    bench.sim.link.drop();
    await waitUntil(
      'it is ready again',
      () => bench.sink.states.length > 8 && bench.sink.lastState === 'ready',
      15_000,
    );
    bench.sim.says(bench.chat, 'hello');
    await waitUntil('it arrives', () => texts().includes('hello'));
  });

  test('catches up in order with what the service does not repeat', async () => {
    const { ts } = bench.sim.says(bench.chat, 'before');
    await waitUntil('it arrives', () => texts().includes('before'));
    await bench.platform.stop();
    for (const word of ['one', 'two', 'three']) bench.sim.says(bench.chat, word, { quiet: true });
    bench.sim.world.add({ channel: bench.chat, user: bench.sim.bot, bot: true, text: 'own' });
    const { sink } = await bench.again();
    bench.sim.says(bench.chat, 'live');
    await waitUntil('all arrive', () => sink.messages.length >= 4);
    expect(texts(sink)).toEqual(['one', 'two', 'three', 'live']);
    expect(sink.inputs.some(({ dedupeKey }) => dedupeKey.endsWith(ts))).toBe(false);
  });

  test('catches up with threads, and through pages and rate limits', async () => {
    const channel = bench.sim.channel();
    const { ts } = bench.sim.says(channel, 'begin', { mention: true });
    await waitUntil('it arrives', () => bench.sink.messages.length === 1);
    bench.sim.says(channel, 'first reply', { thread: ts, mention: true });
    await waitUntil('the reply arrives', () => texts().includes('first reply'));
    await bench.platform.stop();
    bench.sim.says(channel, 'missed reply', { thread: ts, mention: true, quiet: true });
    for (let i = 0; i < 250; i++) bench.sim.says(channel, `missed ${i}`, { mention: true, quiet: true });
    bench.sim.faults.add({ on: 'conversations.history', trouble: { kind: 'limit', seconds: 1 } });
    const { sink } = await bench.again();
    await waitUntil('all arrive', () => sink.messages.length >= 251);
    const missed = texts(sink).filter((text) => /^missed \d/.test(text));
    expect(missed).toEqual(Array.from({ length: 250 }, (_, i) => `missed ${i}`));
    expect(texts(sink)).toContain('missed reply');
  });

  test('a place that is heard of first after a cut tells in order what is still to come again', async () => {
    bench.sim.link.drop();
    const { event } = bench.sim.says(bench.chat, 'one', { quiet: true });
    await waitUntil('it is down', () => bench.sink.lastState === 'down');
    await waitUntil('it is ready again', () => bench.sink.lastState === 'ready');
    bench.sim.says(bench.chat, 'two');
    bench.sim.says(bench.chat, 'three');
    void bench.sim.sendEvent(event);
    await waitUntil('all arrive', () => bench.sink.messages.length === 3);
    expect(texts()).toEqual(['one', 'two', 'three']);
  });

  test('a place that is heard of first after a restart tells what was missed there, nothing older', async () => {
    const other = bench.sim.channel('im');
    bench.sim.says(other, 'too old', { quiet: true });
    bench.sim.says(bench.chat, 'known');
    await waitUntil('it arrives', () => texts().includes('known'));
    await bench.platform.stop();
    bench.sim.says(other, 'missed', { quiet: true });
    const { sink } = await bench.again();
    bench.sim.says(other, 'live');
    await waitUntil('both arrive', () => sink.messages.length >= 2);
    expect(texts(sink)).toEqual(['missed', 'live']);
  });

  test('a life that ends while it catches up leaves the rest to the next one', async () => {
    bench.sim.says(bench.chat, 'before');
    await waitUntil('it arrives', () => texts().includes('before'));
    await bench.platform.stop();
    bench.sim.says(bench.chat, 'missed', { quiet: true });
    bench.sim.faults.add({ on: 'conversations.history', trouble: { kind: 'limit', seconds: 60 } });
    const second = await bench.again();
    bench.sim.says(bench.chat, 'live');
    await waitUntil('it is not waited for without end', () => texts(second.sink).includes('live'));
    expect(texts(second.sink)).toEqual(['live']);
    await second.platform.stop();
    const third = await bench.again();
    await waitUntil('the rest arrives', () => texts(third.sink).includes('missed'));
  });

  test('what could not be stored is read again from the history', async () => {
    bench.sink.refusing = true;
    bench.sim.says(bench.chat, 'keep me');
    await waitUntil('it is offered', () => bench.sink.inputs.length > 0);
    bench.sink.refusing = false;
    bench.sim.says(bench.chat, 'next');
    await waitUntil('both arrive', () => bench.sink.messages.length === 2);
    expect(texts().sort()).toEqual(['keep me', 'next']);
  });

  test('an event is acknowledged only after it was stored', async () => {
    let release = (): void => {};
    const input = bench.sink.input.bind(bench.sink);
    bench.sink.input = async (one) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return input(one);
    };
    const { event } = bench.sim.says(bench.chat, 'x', { quiet: true });
    const before = bench.sim.link.acks.length;
    void bench.sim.sendEvent(event);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(bench.sim.link.acks.length).toBe(before);
    release();
    await waitUntil('it is acknowledged', () => bench.sim.link.acks.length > before);
  });

  test('no token, ticket or text is in the log', async () => {
    bench.sim.faults.add({ on: 'chat.postMessage', trouble: { kind: 'refuse', error: 'invalid_auth' } });
    bench.sim.faults.add({ on: 'apps.connections.open', trouble: { kind: 'reset' } });
    bench.sim.link.drop();
    bench.sim.says(bench.chat, 'very private words');
    const [part] = bench.platform.render({ kind: 'text', markdown: 'secret answer' }, bench.direct);
    if (part) await bench.platform.send(bench.direct, part, 'l', forever).catch(() => undefined);
    await waitUntil('it is ready again', () => bench.sink.lastState === 'ready');
    const all = JSON.stringify([bench.lines, bench.sink.states]);
    expect(all).not.toMatch(/simsecret|secretticket|very private|secret answer/);
  });
});

describe('what a person must mend', () => {
  test.each([
    ['a revoked bot token', { bot: 'token_revoked' }, 'bot_token', 'install the app'],
    ['an app token without its scope', { app: 'missing_scope' }, 'app_token', 'connections:write'],
  ])('%s is denied once with the fix, and works again when mended', async (_name, refused, token, fix) => {
    const sim = await new SlackSim().start();
    sim.refused = refused;
    const platform = makePlatform(sim, '/nonexistent');
    const sink = new RecordingSink();
    await platform.start(sink, forever);
    await waitUntil('it is denied', () => sink.lastState === 'denied');
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(sink.states.length).toBe(1);
    expect(sink.states[0]?.detail).toContain(token);
    expect(sink.states[0]?.detail).toContain(fix);
    sim.refused = {};
    await waitUntil('it works again', () => sink.lastState === 'ready');
    await platform.stop();
    await sim.close();
  });

  test('Socket Mode that was switched off is denied with the fix', async () => {
    const bench = await openBench();
    bench.sim.refused = { app: 'not_allowed' };
    bench.sim.link.refresh('link_disabled');
    await waitUntil('it is denied', () => bench.sink.states.some(({ state }) => state === 'denied'));
    expect(bench.sink.states.find(({ state }) => state === 'denied')?.detail).toContain('Socket Mode');
    await bench.close();
  });

  test('doctor is told about tokens and scopes', async () => {
    const sim = await new SlackSim({ scopes: ['chat:write', 'im:history'] }).start();
    const platform = makePlatform(sim, '/nonexistent');
    const findings = (await platform.check?.(forever)) ?? [];
    expect(findings[0]).toMatchObject({ level: 'ok', what: 'bot_token is agent in Sim' });
    expect(findings.find(({ what }) => what.includes('files:read'))).toMatchObject({ level: 'error' });
    expect(findings.some(({ what }) => what.includes('chat:write'))).toBe(false);
    expect(findings.at(-1)).toMatchObject({ level: 'ok' });
    sim.refused = { bot: 'invalid_auth', app: 'invalid_auth' };
    expect((await platform.check?.(forever))?.map(({ level }) => level)).toEqual(['error', 'error']);
    await platform.stop();
    await sim.close();
  });
});
