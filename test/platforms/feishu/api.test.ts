import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import type { Part } from '../../../src/core/outgoing.ts';
import { uuidOf } from '../../../src/platforms/feishu/send.ts';
import { waitUntil } from '../../conformance/recording-sink.ts';
import { type Bench, forever, makePlatform, openBench } from './harness.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const part = (markdown = 'hello'): Part => {
  const [first] = bench.platform.render({ kind: 'text', markdown }, bench.direct);
  if (!first) throw new Error('nothing rendered');
  return first;
};
const send = (key = 'k1', to = bench.direct) =>
  bench.platform.send(to, part(), key, new AbortController().signal);
const failure = async (key = 'k1'): Promise<AppError> => {
  const error = await send(key).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof AppError)) throw new Error(`expected an AppError, got ${String(error)}`);
  return error;
};
const texts = () => bench.sim.messages(bench.direct.chat).map((message) => message.text);

describe('tokens', () => {
  test('one token serves many concurrent calls', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => send(`k${i}`)));
    expect(bench.sim.calls.filter((call) => call.op === 'token')).toHaveLength(1);
  });

  test('[feature: revoked token] a revoked token is renewed and the call repeated once', async () => {
    await send('before');
    bench.sim.revokeTokens();
    await send('after');
    expect(texts()).toHaveLength(2);
    expect(bench.sim.calls.filter((call) => call.op === 'token')).toHaveLength(2);
  });

  test('a token that is refused again and again is an auth error, not a loop', async () => {
    bench.sim.faults.add({ on: 'message.create', trouble: { kind: 'code', code: 99991663 }, times: 5 });
    expect((await failure()).kind).toBe('auth');
    expect(bench.sim.calls.filter((call) => call.op === 'message.create')).toHaveLength(2);
  });

  test('a token call that gets no answer means that nothing was sent', async () => {
    bench.sim.revokeTokens();
    bench.sim.faults.add({ on: 'token', trouble: { kind: 'swallow' } });
    expect((await failure()).kind).toBe('network');
    expect(texts()).toEqual([]);
  });
});

describe('answers', () => {
  test.each([
    [99991400, 400, 'rate_limit'],
    [230020, 400, 'rate_limit'],
    [230002, 400, 'permission'],
    [99991672, 400, 'permission'],
    [230011, 400, 'not_found'],
    [99991663, 400, 'auth'],
    [230027, 200, 'permission'],
    [424242, 400, 'permanent'],
    [424242, 500, 'unavailable'],
  ])('code %i with HTTP %i is %s', async (code, status, kind) => {
    bench.sim.faults.add({ on: 'message.create', trouble: { kind: 'code', code, status }, times: 2 });
    const error = await failure();
    expect(error.kind).toBe(kind);
    if (kind === 'rate_limit') expect(error.retryAfterMs).toBeGreaterThan(0);
  });

  test('[feature: frequency limits] the wait of a rate limit is taken from the header', async () => {
    bench.sim.faults.add({
      on: 'message.create',
      trouble: { kind: 'code', code: 99991400, status: 429, resetSecs: 7 },
    });
    expect(await failure()).toMatchObject({ kind: 'rate_limit', retryAfterMs: 7_000 });
  });

  test.each([502, 503, 504])('HTTP %i without JSON is unavailable', async (status) => {
    bench.sim.faults.add({ on: 'message.create', trouble: { kind: 'http', status } });
    expect((await failure()).kind).toBe('unavailable');
  });

  test('[feature: lost answer] a reset is ambiguous, and the repeat with the same key leaves one copy', async () => {
    bench.sim.faults.add({ on: 'message.create', trouble: { kind: 'swallow' } });
    expect((await failure('same')).kind).toBe('ambiguous');
    const ref = await send('same');
    expect(bench.sim.messages(bench.direct.chat).map((message) => message.id)).toEqual([ref.message]);
  });

  test('nobody listening is network: nothing was sent', async () => {
    const lonely = makePlatform(bench.sim, { domain: 'http://127.0.0.1:9' });
    const error = await lonely.send(bench.direct, part(), 'x', forever).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind: 'network' });
    await lonely.stop();
  });

  test('[feature: renderer refuses] what the card renderer refuses goes out as plain text, once also when repeated', async () => {
    const bad: Part = {
      kind: 'text',
      body: { type: 'interactive', content: { schema: '2.0', body: { elements: [{ tag: 'unheard_of' }] } } },
      plain: 'the words',
    };
    const first = await bench.platform.send(bench.direct, bad, 'bad', forever);
    const second = await bench.platform.send(bench.direct, bad, 'bad', forever);
    expect(second.message).toBe(first.message);
    expect(texts()).toEqual(['the words']);
  });

  test('keys of any length become uuids of at most 50 characters', () => {
    expect(uuidOf('short-key')).toBe('short-key');
    expect(uuidOf('x'.repeat(200))).toHaveLength(48);
    expect(uuidOf('x'.repeat(200))).not.toBe(uuidOf(`${'x'.repeat(199)}y`));
  });
});

test('calls that share a signal listen to it while they last, without a warning', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  const { signal } = new AbortController();
  bench.sim.faults.add({ on: 'message.create', trouble: { kind: 'delay', ms: 300 }, times: 15 });
  const keys = Array.from({ length: 15 }, (_, i) => `k${i}`);
  const sending = Promise.all(keys.map((key) => bench.platform.send(bench.direct, part(), key, signal)));
  const listening = () => getEventListeners(signal, 'abort').length;
  try {
    await waitUntil('the calls have begun', () => listening() > 0);
    await sending;
    expect(listening()).toBe(0);
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', note);
  }
});

describe('replies', () => {
  test('an answer is a reply to the message that asked', async () => {
    const asked = bench.sim.userSends({ text: 'hi' });
    await send('k', { ...bench.direct, replyTo: asked.id });
    expect(bench.sim.messages(bench.direct.chat)[0]?.replyTo).toBe(asked.id);
  });

  test('[feature: reply to a recalled message] when that message was recalled, the answer goes into the chat', async () => {
    const asked = bench.sim.userSends({ text: 'hi' });
    bench.sim.recall(asked.id);
    await send('k', { ...bench.direct, replyTo: asked.id });
    expect(bench.sim.messages(bench.direct.chat)[0]?.replyTo).toBeUndefined();
  });

  test('under topic isolation it stays in the topic', async () => {
    const { platform } = await bench.again({ thread_isolation: true });
    const asked = bench.sim.userSends({ text: 'hi', chat: 'oc_team', mentionBot: true });
    const to = platform.parseSessionKey(`feishu:oc_team:root:${asked.id}`);
    if (!to) throw new Error('no address');
    await platform.send(to, part(), 'k', forever);
    expect(bench.sim.messages('oc_team')[0]).toMatchObject({
      replyTo: asked.id,
      thread: expect.stringMatching(/^omt_/),
    });
  });
});

test('[feature: describe] describe tells title and kind of a chat', async () => {
  bench.sim.group('oc_team', 'Team');
  const group = await bench.platform.describe({ ...bench.direct, chat: 'oc_team' }, forever);
  expect(group).toEqual({ title: 'Team', kind: 'group' });
  expect((await bench.platform.describe(bench.direct, forever)).kind).toBe('direct');
});

test('check names the bot, and says what is wrong with wrong credentials', async () => {
  const good = await bench.platform.check(forever);
  expect(good[0]).toMatchObject({ level: 'ok', what: expect.stringContaining('Helper') });
  const wrong = makePlatform(bench.sim, { app_secret: 'nope' });
  const [finding] = await wrong.check(forever);
  expect(finding).toMatchObject({ level: 'error', fix: expect.stringContaining('app_secret') });
  await wrong.stop();
});

test('[feature: doctor] check names permissions that are missing', async () => {
  bench.sim.scopes = ['im:message', 'im:message.p2p_msg:readonly'];
  const found = await bench.platform.check(forever);
  expect(found.map(({ what }) => what).join('\n')).toContain('streaming answers');
  expect(found.every(({ level }) => level !== 'error')).toBe(true);
});

test('[feature: secrets] no secret and no token reaches the log or an error', async () => {
  const wrong = makePlatform(bench.sim, { app_secret: 'very-secret-value-1' }, bench.lines);
  await wrong.check(forever);
  await send('a');
  bench.sim.faults.add({ on: 'token', trouble: { kind: 'reset' } });
  bench.sim.revokeTokens();
  const error = await failure('b');
  bench.sim.faults.add({ on: 'message.create', trouble: { kind: 'http', status: 500 } });
  await failure('c');
  bench.sim.link.drop();
  await bench.sim.waitFor('a new connection', () => bench.sim.link.clients.size > 0);
  const said = `${JSON.stringify(bench.lines)} ${error.stack ?? ''} ${String(error.cause)}`;
  for (const secret of ['very-secret-value-1', bench.sim.appSecret, 'sim-ticket', ...bench.sim.http.tokens])
    expect(said).not.toContain(secret);
  await wrong.stop();
});
