import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Platform } from '../../../src/core/platform.ts';
import { RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import { discordWorld } from './world.ts';

const forever = new AbortController().signal;
let world: Awaited<ReturnType<typeof discordWorld>>;
let running: Platform[] = [];

beforeEach(async () => {
  world = await discordWorld();
});
afterEach(async () => {
  for (const platform of running) await platform.stop();
  running = [];
  await world.close();
});

async function start(options: Record<string, unknown> = {}, sink = new RecordingSink()) {
  const platform = world.create(options);
  running.push(platform);
  await platform.start(sink, forever);
  return { platform, sink };
}
async function ready(options: Record<string, unknown> = {}) {
  const started = await start(options);
  await waitUntil('it is ready', () => started.sink.lastState === 'ready');
  return started;
}
const texts = (sink: RecordingSink) => sink.messages.map(({ text }) => text);

describe('the gateway', () => {
  test('a cut connection is resumed and what was missed is replayed', async () => {
    const { sink } = await ready();
    world.sim.gateway.cut();
    world.sim.says(world.dm, world.ann, 'missed');
    await waitUntil('it arrives', () => sink.messages.length === 1);
    expect(world.sim.gateway.resumes).toBe(1);
    expect(world.sim.gateway.identifies).toHaveLength(1);
  });

  test('a request to reconnect is followed without a word', async () => {
    const { sink } = await ready();
    world.sim.gateway.raw({ op: 7, d: null });
    await waitUntil('it has resumed', () => world.sim.gateway.resumes === 1);
    world.sim.says(world.dm, world.ann, 'after');
    await waitUntil('it arrives', () => sink.messages.length === 1);
    expect(sink.states.map(({ state }) => state)).toEqual(['ready']);
  });

  test('an invalid session is begun anew and known channels are caught up', async () => {
    const { sink } = await ready();
    world.sim.says(world.dm, world.ann, 'first');
    await waitUntil('it arrives', () => sink.messages.length === 1);
    world.sim.gateway.forgetSessions = true;
    world.sim.gateway.cut();
    world.sim.says(world.dm, world.ann, 'second');
    world.sim.says(world.dm, world.ann, 'third');
    await waitUntil('they arrive', () => sink.messages.length === 3);
    expect(texts(sink)).toEqual(['first', 'second', 'third']);
    expect(world.sim.gateway.identifies.length).toBeGreaterThan(1);
  });

  test('after a long downtime the messages since the last one seen are fetched, page by page and in order', async () => {
    const first = await ready();
    world.sim.says(world.general, world.ann, `<@${world.sim.botId}> hi`);
    await waitUntil('it arrives', () => first.sink.messages.length === 1);
    await first.platform.stop();
    world.sim.gateway.forgetSessions = true;
    for (let at = 0; at < 130; at++)
      world.sim.says(world.general, world.ann, at % 10 === 0 ? `<@${world.sim.botId}> n${at}` : 'chatter');
    world.sim.fault(/^GET \/channels\/\d+\/messages$/, { kind: 'rate_limit', seconds: 0.05 });
    const { sink } = await ready();
    await waitUntil('all arrive', () => sink.messages.length === 13);
    expect(texts(sink)).toEqual(Array.from({ length: 13 }, (_, at) => `n${at * 10}`));
    expect(sink.messages[0]?.address.direct).toBe(false);
  });

  test('a life that ends while it catches up leaves the rest to the next one, which resumes its session', async () => {
    const first = await ready();
    world.sim.says(world.dm, world.ann, 'first');
    await waitUntil('it arrives', () => first.sink.messages.length === 1);
    await first.platform.stop();
    world.sim.gateway.forgetSessions = true;
    world.sim.says(world.dm, world.ann, 'second');
    world.sim.fault(/^GET \/channels\/\d+\/messages$/, { kind: 'rate_limit', seconds: 30 });
    const second = await ready();
    await second.platform.stop();
    expect(second.sink.messages).toEqual([]);
    world.sim.gateway.forgetSessions = false;
    world.sim.says(world.dm, world.ann, 'third');
    const third = await ready();
    await waitUntil('they arrive', () => third.sink.messages.length === 2);
    expect(texts(third.sink)).toEqual(['second', 'third']);
    expect(world.sim.gateway.resumes).toBe(1);
  });

  test('a session that begins while a gap is read is a gap of its own', async () => {
    const { sink, platform } = await ready();
    world.sim.says(world.dm, world.ann, 'first');
    await waitUntil('it arrives', () => sink.messages.length === 1);
    world.sim.gateway.forgetSessions = true;
    for (let at = 0; at < 5; at++) {
      world.sim.fault(/^GET \/channels\/\d+\/messages$/, { kind: 'delay', ms: 40 });
      world.sim.gateway.cut();
      world.sim.says(world.dm, world.ann, `n${at}`);
      await waitUntil('a session begins', () => world.sim.gateway.identifies.length === 2 + at);
    }
    await waitUntil('all arrive', () => sink.messages.length === 6);
    expect(texts(sink)).toEqual(['first', 'n0', 'n1', 'n2', 'n3', 'n4']);
    await platform.stop();
  });

  test('what was said to it in a channel it never heard of is read, and channels without that are forgotten', async () => {
    const first = await ready();
    const [fresh, busy] = ['fresh', 'busy'].map((name) =>
      world.sim.channel({ type: 0, guild: world.sim.guild, name }),
    );
    if (!fresh || !busy) throw new Error('no channels');
    world.sim.says(busy, world.ann, `<@${world.sim.botId}> hello`);
    await waitUntil('it arrives', () => first.sink.messages.length === 1);
    world.sim.says(world.general, world.ann, 'not for the bot');
    await first.platform.stop();
    world.sim.gateway.forgetSessions = true;
    world.sim.says(fresh, world.ann, `<@${world.sim.botId}> are you there?`);
    world.sim.says(world.general, world.ann, 'chatter');
    const { sink, platform } = await ready();
    await waitUntil('it arrives', () => sink.messages.length === 1);
    expect(texts(sink)).toEqual(['are you there?']);
    await platform.stop();
    const file = await readFile(join(world.cacheDir, `discord-${world.sim.botId}.json`), 'utf8');
    const { channels } = JSON.parse(file) as { channels: object };
    expect(Object.keys(channels).sort()).toEqual([fresh.id, busy.id].sort());
  });

  test('after a restart that resumes, roles and threads are known as before', async () => {
    const options = { thread_isolation: true };
    const first = await ready(options);
    const thread = world.sim.channel({
      type: 11,
      guild: world.sim.guild,
      name: 'task',
      parent: world.general.id,
      owner: world.sim.botId,
    });
    await first.platform.stop();
    world.sim.says(world.general, world.ann, `<@&${world.sim.botRole}> by role`);
    world.sim.says(thread, world.ann, 'without a mention');
    world.sim.fault(/^GET \/guilds\/\d+\/roles$/, { kind: 'html' });
    const { sink } = await ready(options);
    await waitUntil('both arrive', () => sink.messages.length === 2);
    expect(texts(sink).sort()).toEqual(['by role', 'without a mention']);
    const inThread = sink.messages.find(({ text }) => text === 'without a mention');
    expect(inThread?.address).toMatchObject({ thread: thread.id, extra: { parent: world.general.id } });
    expect(world.sim.gateway.identifies).toHaveLength(1);
  });

  test('a damaged memory is started anew', async () => {
    const first = await ready();
    await first.platform.stop();
    const { writeFile } = await import('node:fs/promises');
    await writeFile(join(world.cacheDir, `discord-${world.sim.botId}.json`), '{"channels": 3');
    await ready();
  });

  test('what is not stored is not counted as seen, also over a restart', async () => {
    const first = await ready();
    first.sink.refusing = true;
    world.sim.says(world.dm, world.ann, 'keep me');
    await waitUntil('it is offered', () => first.sink.inputs.length > 0);
    await first.platform.stop();
    const { sink } = await ready();
    await waitUntil('it comes again', () => sink.messages.length === 1);
    expect(texts(sink)).toEqual(['keep me']);
  });

  test('a resume that is never answered ends in a new session', async () => {
    const { sink } = await ready();
    world.sim.says(world.dm, world.ann, 'first');
    await waitUntil('it arrives', () => sink.messages.length === 1);
    world.sim.gateway.ignoreResumes = true;
    world.sim.gateway.cut();
    world.sim.says(world.dm, world.ann, 'second');
    await waitUntil('it arrives', () => sink.messages.length === 2, 15_000);
    expect(world.sim.gateway.identifies).toHaveLength(2);
  });

  test('no session is begun when nearly none is left today', async () => {
    world.sim.startsLeft = 2;
    const { sink } = await start();
    await waitUntil('it is down', () => sink.lastState === 'down');
    expect(sink.states[0]?.detail).toContain('too often');
    expect(world.sim.gateway.identifies).toEqual([]);
    world.sim.startsLeft = 100;
    await waitUntil('it is ready', () => sink.lastState === 'ready');
  });

  test('more messages than may wait are asked for again when there is room, in order and none twice', async () => {
    const { sink } = await ready();
    sink.refusing = true;
    for (let at = 0; at < 2_100; at++) world.sim.says(world.dm, world.ann, `n${at}`);
    await waitUntil('it is too much', () => world.log.lines.some(({ level }) => level === 'error'));
    sink.refusing = false;
    await waitUntil('all arrive', () => sink.messages.length === 2_100, 20_000);
    expect(texts(sink)).toEqual(Array.from({ length: 2_100 }, (_, at) => `n${at}`));
  });

  test('a reconnect storm ends connected, with one socket', async () => {
    const { sink } = await ready();
    for (let at = 0; at < 8; at++) {
      world.sim.gateway.cut();
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    world.sim.says(world.dm, world.ann, 'calm');
    await waitUntil('it arrives', () => sink.messages.length === 1);
    await waitUntil('one socket is left', () => world.sim.gateway.sockets === 1);
  });

  test('the service being broken or out of reach is waited out', async () => {
    for (let at = 0; at < 3; at++) world.sim.fault(/gateway\/bot/, { kind: 'html' });
    const { sink } = await start();
    await waitUntil('it is down', () => sink.lastState === 'down');
    await waitUntil('it is ready', () => sink.lastState === 'ready');
  });
});

describe('what needs a person', () => {
  test('a missing intent is denied once with the switch to set, and works when it is set', async () => {
    world.sim.gateway.denyWith = 4014;
    const { sink } = await start();
    await waitUntil('it is denied', () => sink.lastState === 'denied');
    await waitUntil('it was tried again', () => world.sim.gateway.identifies.length > 2);
    expect(sink.states).toHaveLength(1);
    expect(sink.states[0]?.detail).toContain('Message Content Intent');
    world.sim.gateway.denyWith = undefined;
    await waitUntil('it is ready', () => sink.lastState === 'ready');
  });

  test('a revoked token is denied in plain words, by the gateway and by REST', async () => {
    world.sim.gateway.denyWith = 4004;
    const first = await start();
    await waitUntil('it is denied', () => first.sink.lastState === 'denied');
    expect(first.sink.states[0]?.detail).toContain('token');
    await first.platform.stop();
    world.sim.gateway.denyWith = undefined;
    world.sim.tokenRevoked = true;
    const { sink } = await start();
    await waitUntil('it is denied', () => sink.lastState === 'denied');
    expect(sink.states[0]?.detail).toContain('Developer Portal');
    world.sim.tokenRevoked = false;
    await waitUntil('it is ready', () => sink.lastState === 'ready');
  });

  test('doctor is told about token, intent and servers, each with its fix', async () => {
    const platform = world.create();
    running.push(platform);
    expect((await platform.check(forever)).map(({ level }) => level)).toEqual(['ok', 'ok', 'ok']);
    world.sim.applicationFlags = 0;
    const findings = await world.create({ guild_id: '999999' }).check(forever);
    expect(findings.filter(({ level }) => level === 'error').map(({ fix }) => fix)).toEqual([
      expect.stringContaining('Privileged Gateway Intents'),
      expect.stringContaining('oauth2/authorize'),
    ]);
    world.sim.tokenRevoked = true;
    expect(await platform.check(forever)).toMatchObject([
      { level: 'error', fix: expect.stringContaining('token') },
    ]);
  });
});

test('the token is in no log line, no error and no file', async () => {
  const { platform } = await ready();
  world.sim.fault(/^POST \/channels/, { kind: 'status', status: 403, code: 50013 });
  const part = platform.render({ kind: 'text', markdown: 'x' }, world.direct)[0];
  if (!part) throw new Error('no part');
  const error = await platform.send(world.direct, part, 'k', forever).catch((caught: unknown) => caught);
  world.sim.gateway.cut();
  await platform.stop();
  const stored = await readFile(join(world.cacheDir, `discord-${world.sim.botId}.json`), 'utf8');
  const all = `${JSON.stringify(world.log.lines)}${String(error)}${JSON.stringify(error)}${stored}`;
  expect(all).not.toContain('secret-part');
});
