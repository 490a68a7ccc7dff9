import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Card } from '../../../src/core/card.ts';
import { AppError } from '../../../src/core/errors.ts';
import type { Outgoing } from '../../../src/core/outgoing.ts';
import { ScratchMemory } from '../../../src/kit/scratch-memory.ts';
import type { WeixinPlatform } from '../../../src/platforms/weixin/weixin-platform.ts';
import { RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import { ann, forever, weixinWorld } from './world.ts';

let world: Awaited<ReturnType<typeof weixinWorld>>;
let folder: string;
const started: WeixinPlatform[] = [];

beforeEach(async () => {
  world = await weixinWorld();
  folder = await mkdtemp(join(tmpdir(), 'weixin-files-'));
});
afterEach(async () => {
  for (const platform of started.splice(0)) await platform.stop();
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Readonly<Record<string, unknown>> = {}) {
  const platform = world.create(options);
  const sink = new RecordingSink();
  started.push(platform);
  await platform.start(sink, forever);
  await waitUntil('ready', () => sink.lastState === 'ready');
  return { platform, sink };
}

let keys = 0;
async function say(platform: WeixinPlatform, content: Outgoing | string, address = world.direct) {
  const outgoing = typeof content === 'string' ? ({ kind: 'text', markdown: content } as const) : content;
  for (const part of platform.render(outgoing, address))
    await platform.send(address, part, `k${keys++}`, forever);
}
async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (error instanceof AppError) return error;
  throw new Error(`expected an AppError, got ${String(error)}`);
}
const sends = () => world.sim.calls.filter(({ method }) => method === 'sendmessage').length;

describe('the context token', () => {
  test('of the latest message goes with the answer, also after a restart', async () => {
    const { platform, sink } = await start();
    world.sim.personSends(ann, 'one');
    world.sim.personSends(ann, 'two');
    await waitUntil('both arrive', () => sink.messages.length === 2);
    const latest = `ctx-${ann}-`;
    await say(platform, 'answer');
    const token = world.sim.messages.at(-1)?.contextToken ?? '';
    expect(token.startsWith(latest)).toBe(true);
    await platform.stop();
    expect(world.memory.read(`context_token:${ann}`)).toBe(token);
    const again = await start();
    await say(again.platform, 'later');
    expect(world.sim.messages.at(-1)?.contextToken).toBe(token);
  });

  test('that an earlier version or the Go cc-connect has kept is taken over', async () => {
    const old = { state_dir: folder };
    await writeFile(join(folder, 'context_tokens.json'), JSON.stringify({ 'bob@im.wechat': 'ctx-of-bob' }));
    await writeFile(join(folder, 'get_updates.buf'), '');
    const fresh = await weixinWorld({}, new ScratchMemory());
    try {
      const platform = fresh.create(old);
      const sink = new RecordingSink();
      await platform.start(sink, forever);
      const bob = { ...fresh.direct, chat: 'bob@im.wechat', user: 'bob@im.wechat' };
      expect(platform.unreachable(bob)).toBeUndefined();
      fresh.sim.personSends(ann, 'hello');
      await waitUntil('it arrives', () => sink.messages.length === 1);
      await platform.stop();
      expect([...fresh.memory.list('context_token:').keys()]).toEqual(['bob@im.wechat', ann]);
    } finally {
      await fresh.close();
    }
  });

  test('that cannot be stored brings the message again', async () => {
    await start();
    const write = world.memory.write.bind(world.memory);
    let refusals = 0;
    world.memory.write = async (name, text) => {
      if (name.startsWith('context_token:') && refusals++ === 0) throw new Error('the disk is full');
      return write(name, text);
    };
    const first = world.memory.read(`context_token:${ann}`);
    world.sim.personSends(ann, 'hello');
    await waitUntil('it is kept', () => world.memory.read(`context_token:${ann}`) !== first);
    expect(refusals).toBe(2);
  });

  test('is asked of nobody who never wrote: such a message is refused in plain words', async () => {
    const { platform } = await start();
    const stranger = platform.parseSessionKey('weixin:dm:bob@im.wechat');
    if (!stranger) throw new Error('no address');
    expect(await failure(say(platform, 'hi', stranger))).toMatchObject({
      kind: 'permission',
      advice: expect.stringContaining('write to the bot once'),
    });
    expect(sends()).toBe(0);
  });
});

describe('media', () => {
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

  test.each([
    ['image', 'image/png', 'image', 'upload_param'],
    ['video', 'video/mp4', 'video', 'upload_full_url'],
    ['file', 'application/pdf', 'file', 'upload_full_url'],
    ['audio', 'audio/mpeg', 'file', 'upload_param'],
  ] as const)('%s of type %s goes out as %s by %s', async (kind, mime, seen, form) => {
    world.sim.media.fullUrl = form === 'upload_full_url';
    const { platform } = await start();
    const path = join(folder, 'a b.bin');
    await writeFile(path, Buffer.concat([png, Buffer.alloc(50_000, 7)]));
    const file = { kind, path, name: 'a b.bin', mime, size: 50_016 };
    await say(platform, { kind: 'file', file, caption: 'look **here**' });
    const [message, caption] = world.sim.messages;
    expect(message?.kind).toBe(seen);
    expect(message?.file?.bytes.equals(await readFile(path))).toBe(true);
    expect(caption?.text).toBe('look here');
  });

  test('that the media server refuses for a moment is put there again', async () => {
    const { platform } = await start();
    const path = join(folder, 'x');
    await writeFile(path, 'content');
    world.sim.faults.next('/c2c/upload', { kind: 'status', status: 503 });
    world.sim.faults.next('/c2c/upload', { kind: 'reset' });
    const file = { kind: 'file', path, name: 'x', mime: 'text/plain', size: 7 } as const;
    await say(platform, { kind: 'file', file });
    expect(world.sim.messages.at(-1)?.file?.bytes.toString()).toBe('content');
    world.sim.faults.next('/c2c/upload', { kind: 'swallow' }, 9);
    expect((await failure(say(platform, { kind: 'file', file }))).kind).toMatch(/network|unavailable/);
  });

  test.each([
    ['', 'validation'],
    [undefined, 'missing'],
  ])('an empty or vanished file is told as such: %j', async (content, kind) => {
    const { platform } = await start();
    const path = join(folder, 'gone');
    if (content !== undefined) await writeFile(path, content);
    const file = { kind: 'file', path, name: 'gone', mime: 'text/plain', size: 0 } as const;
    expect((await failure(say(platform, { kind: 'file', file }))).kind).toBe(kind);
    expect(sends()).toBe(0);
  });

  async function incoming(items: Parameters<typeof world.sim.personSends>[1]) {
    const { platform, sink } = await start();
    world.sim.personSends(ann, items);
    await waitUntil('it arrives', () => sink.messages.length === 1);
    const file = sink.messages[0]?.files?.[0];
    if (!file) throw new Error('no file');
    const target = join(folder, 'in');
    return {
      target,
      fetch: (maxBytes = 1_000_000) => platform.files.download(file, target, maxBytes, forever),
    };
  }

  test('of a person is decrypted on the way to disk, and a picture is known by its bytes', async () => {
    const bytes = Buffer.concat([png, Buffer.alloc(70_000, 3)]);
    const { param, key } = world.sim.media.encryptAndStore(bytes);
    const { fetch, target } = await incoming([
      { type: 2, image_item: { aeskey: key.toString('hex'), media: { encrypt_query_param: param } } },
    ]);
    expect(await fetch()).toEqual({ bytes: bytes.length, mime: 'image/png' });
    expect((await readFile(target)).equals(bytes)).toBe(true);
  });

  test('a picture without a key is taken as it is', async () => {
    const param = world.sim.media.store(png);
    const { fetch } = await incoming([{ type: 2, image_item: { media: { encrypt_query_param: param } } }]);
    expect(await fetch()).toEqual({ bytes: 16, mime: 'image/png' });
  });

  test.each([
    ['too large', 100, 'validation'],
    ['not there any more', 1_000_000, 'not_found'],
    ['locked with another key', 1_000_000, 'not_found'],
    ['on a server that is down', 1_000_000, 'unavailable'],
  ])('a file %s is told as such and leaves nothing', async (what, cap, kind) => {
    const { param, key } = world.sim.media.encryptAndStore(Buffer.alloc(5000, 1));
    const place = what.startsWith('not there') ? 'other' : param;
    const lock = what.startsWith('locked') ? Buffer.alloc(16, 9) : key;
    const { fetch, target } = await incoming([
      {
        type: 4,
        file_item: {
          file_name: 'f.bin',
          media: { encrypt_query_param: place, aes_key: lock.toString('base64') },
        },
      },
    ]);
    if (what.startsWith('on a server'))
      world.sim.faults.next('/c2c/download', { kind: 'status', status: 502 });
    expect((await failure(fetch(cap))).kind).toBe(kind);
    await expect(readFile(target)).rejects.toThrow('ENOENT');
  });
});

describe('typing', () => {
  test('is shown with one ticket, refreshed and cleared', async () => {
    const { platform } = await start();
    const ref = await platform.activity.show(world.direct, forever, async () => {});
    await platform.activity.show(world.direct, forever, async () => {});
    expect([...world.sim.typing]).toEqual([ann]);
    if (!ref) throw new Error('nothing to clear');
    await platform.activity.clear(ref, 'done', forever);
    expect([...world.sim.typing]).toEqual([]);
    expect(world.sim.calls.filter(({ method }) => method === 'getconfig')).toHaveLength(1);
  });

  test('is cleared by a process without a ticket, and with one that is no longer good', async () => {
    const first = await start();
    const ref = await first.platform.activity.show(world.direct, forever, async () => {});
    if (!ref) throw new Error('nothing to clear');
    const second = await start();
    await second.platform.activity.clear(ref, 'done', forever);
    expect([...world.sim.typing]).toEqual([]);
    // The service gave the second one another ticket meanwhile.
    await second.platform.activity.show(world.direct, forever, async () => {});
    await first.platform.activity.clear(ref, 'done', forever);
    expect([...world.sim.typing]).toEqual([]);
  });
});

describe('the send budget', () => {
  test('a throttled send is told at once, and nothing more is tried meanwhile', async () => {
    const { platform } = await start();
    world.sim.sendsLeft = 1;
    await say(platform, 'passes');
    const error = await failure(say(platform, 'too much'));
    expect(error.kind).toBe('budget');
    expect(error.retryAfterMs).toBe(3_600_000);
    const before = sends();
    expect((await failure(say(platform, 'and again'))).kind).toBe('budget');
    expect(sends()).toBe(before);
  });

  test('the pause outlives a restart', async () => {
    const first = await start();
    world.sim.sendsLeft = 0;
    await failure(say(first.platform, 'x'));
    await first.platform.stop();
    const { platform } = await start();
    expect((await failure(say(platform, 'y'))).kind).toBe('budget');
    expect(sends()).toBe(1);
  });

  test('who writes meanwhile gets one attempt, and a success ends the pause', async () => {
    const { platform, sink } = await start();
    world.sim.sendsLeft = 0;
    await failure(say(platform, 'x'));
    world.sim.personSends(ann, 'are you there?');
    await waitUntil('it arrives', () => sink.messages.length === 1);
    const again = await failure(say(platform, 'still throttled'));
    expect(again.retryAfterMs).toBe(7_200_000);
    expect((await failure(say(platform, 'not tried'))).kind).toBe('budget');
    expect(sends()).toBe(2);
    world.sim.sendsLeft = undefined;
    world.sim.personSends(ann, 'and now?');
    await waitUntil('it arrives', () => sink.messages.length === 2);
    await say(platform, 'yes');
    await say(platform, 'all is well');
    expect(world.sim.messages.map(({ text }) => text)).toEqual(['yes', 'all is well']);
  });

  test('counts unasked messages, not their further parts and not answers', async () => {
    const { platform } = await start({ burst_limit: 2, burst_window_secs: 60 });
    await say(platform, `${'word '.repeat(3000)}`);
    await say(platform, 'second');
    const error = await failure(say(platform, 'third'));
    expect(error.kind).toBe('budget');
    expect(error.retryAfterMs).toBeGreaterThan(50_000);
    await say(platform, 'an answer', { ...world.direct, replyTo: '1' });
    expect(world.sim.messages.at(-1)?.text).toBe('an answer');
  });

  test('is told to the engine, which then shows no progress', () => {
    expect(world.create({ burst_limit: 4 }).capabilities.budget).toEqual({
      messages: 4,
      windowMs: 86_400_000,
    });
  });
});

describe('a card', () => {
  const card: Card = {
    title: 'Run a command?',
    blocks: [
      { kind: 'code', language: 'bash', code: 'ls -la' },
      {
        kind: 'buttons',
        rows: [[{ label: 'Allow', data: 'p:1:0' }], [{ label: 'Deny', data: 'p:1:1' }]],
      },
      { kind: 'note', text: 'or answer “allow” / “deny”' },
    ],
  };

  test('lists its choices by number, and the number alone presses the button', async () => {
    const { platform, sink } = await start();
    await say(platform, { kind: 'card', card });
    expect(world.sim.messages.at(-1)?.text).toBe(
      '【Run a command?】\n\nls -la\n\n1  Allow\n2  Deny\n\nor answer “allow” / “deny”',
    );
    world.sim.personSends(ann, '２');
    await waitUntil('the press arrives', () => sink.actions.length === 1);
    expect(sink.actions[0]).toMatchObject({
      data: 'p:1:1',
      sender: { id: ann },
      source: { chat: ann, message: world.sim.messages.at(-1)?.id },
    });
    expect(sink.inputs).toEqual([]);
  });

  test.each(['3', '0', '2 please', 'allow'])('“%s” is a message like any other', async (text) => {
    const { platform, sink } = await start();
    await say(platform, { kind: 'card', card });
    world.sim.personSends(ann, text);
    await waitUntil('it arrives', () => sink.messages.length === 1);
    expect(sink.actions).toEqual([]);
  });

  test.each([
    ['Run a command? 1  Allow 2  Deny', 1, 0],
    ['something older', 0, 1],
  ])('answered by quoting “%s” is pressed %d times', async (title, presses, messages) => {
    const { platform, sink } = await start();
    await say(platform, { kind: 'card', card });
    world.sim.personSends(ann, [{ type: 1, text_item: { text: '1' }, ref_msg: { title } }]);
    await waitUntil('it arrives', () => sink.messages.length + sink.actions.length === 1);
    expect([sink.actions.length, sink.messages.length]).toEqual([presses, messages]);
  });

  test('still counts when the card is quoted after the bot said something else, also after another card', async () => {
    const { platform, sink } = await start();
    await say(platform, { kind: 'card', card });
    const first = world.sim.messages.at(-1);
    await say(platform, 'Something else.');
    await say(platform, {
      kind: 'card',
      card: { blocks: [{ kind: 'buttons', rows: [[{ label: 'Go on', data: 'c:1' }]] }] },
    });
    world.sim.personSends(ann, [{ type: 1, text_item: { text: '1' }, ref_msg: { title: first?.text } }]);
    await waitUntil('it is pressed', () => sink.actions.length === 1);
    expect(sink.actions[0]).toMatchObject({ data: 'p:1:0', source: { message: first?.id } });
  });

  test('stops counting when the bot says something else', async () => {
    const { platform, sink } = await start();
    await say(platform, { kind: 'card', card });
    await say(platform, 'Which one: 1, 2 or 3?');
    world.sim.personSends(ann, '2', { create_time_ms: Date.now() + 5_000 });
    await waitUntil('it arrives', () => sink.messages.length === 1);
    expect(sink.messages[0]?.text).toBe('2');
  });

  test('counts a number that was written before the bot said something else, and arrives after it', async () => {
    const { platform, sink } = await start();
    await say(platform, { kind: 'card', card });
    const written = Date.now();
    await say(platform, 'Still at it.');
    world.sim.personSends(ann, '2', { create_time_ms: written });
    await waitUntil('the press arrives', () => sink.actions.length === 1);
    expect(sink.actions[0]?.data).toBe('p:1:1');
  });

  test('can be answered after a restart, and an answer that comes again means the same', async () => {
    const first = await start();
    await say(first.platform, { kind: 'card', card });
    await first.platform.stop();
    const { platform, sink } = await start();
    world.sim.personSends(ann, '1');
    await waitUntil('the press arrives', () => sink.actions.length === 1);
    await say(platform, 'something else');
    world.sim.redeliverLast();
    await waitUntil('it comes again', () => sink.actions.length === 2);
    expect(sink.actions[1]?.dedupeKey).toBe(sink.actions[0]?.dedupeKey);
    expect(sink.actions[1]?.data).toBe('p:1:0');
    expect(sink.inputs).toEqual([]);
  });

  test('whose words number the choices already leaves the numbers to the engine', async () => {
    const { platform, sink } = await start();
    const rows = [[{ label: 'Red', data: 'q:1:0:0' }], [{ label: 'Blue', data: 'q:1:0:1' }]];
    const markdown = 'Which colour?\n\n1. **Red**\n2. **Blue** – like the sky';
    const blocks = [
      { kind: 'text', markdown },
      { kind: 'buttons', rows },
    ] as const;
    await say(platform, { kind: 'card', card: { title: 'Question', blocks } });
    expect(world.sim.messages.at(-1)?.text).toBe(
      '【Question】\n\nWhich colour?\n\n1. Red\n2. Blue – like the sky',
    );
    world.sim.personSends(ann, '2');
    await waitUntil('it arrives', () => sink.messages.length === 1);
  });

  test('that follows a press is sent when it asks more, and a refusal is told', async () => {
    const { platform, sink } = await start();
    await say(platform, { kind: 'card', card });
    sink.reply = { toast: 'ok', toastKind: 'success', card };
    world.sim.personSends(ann, '1');
    await waitUntil('the next card is there', () => world.sim.messages.length === 2);
    sink.reply = { toast: 'Too late', toastKind: 'error' };
    world.sim.personSends(ann, '1');
    await waitUntil('the refusal is there', () => world.sim.messages.at(-1)?.text === 'Too late');
    await say(platform, { kind: 'card', card });
    const before = world.sim.messages.length;
    sink.reply = { toast: 'Allowed', card: { blocks: [{ kind: 'text', markdown: 'Allowed' }] } };
    world.sim.personSends(ann, '1');
    await waitUntil('the press arrives', () => sink.actions.length === 3);
    await platform.stop();
    expect(world.sim.messages.length).toBe(before);
  });
});

describe('what the service refuses', () => {
  test.each([
    ['{"ret":-14,"errmsg":"session timeout"}', 'auth'],
    ['{"ret":0,"errcode":-14}', 'auth'],
    ['{"ret":-2,"errmsg":"prepare failed"}', 'budget'],
    ['{"ret":-1}', 'unavailable'],
    ['{"ret":-7,"errmsg":"no"}', 'validation'],
    ['<html>login to the hotel network</html>', 'unavailable'],
    ['[]', 'unavailable'],
  ])('%s is of kind %s', async (body, kind) => {
    const { platform } = await start();
    world.sim.faults.next('sendmessage', { kind: 'body', body });
    expect((await failure(say(platform, 'x'))).kind).toBe(kind);
  });

  test.each([
    [401, 'auth'],
    [500, 'ambiguous'],
    [503, 'unavailable'],
    [400, 'validation'],
  ])('status %d is of kind %s', async (status, kind) => {
    const { platform } = await start();
    world.sim.faults.next('sendmessage', { kind: 'status', status });
    expect((await failure(say(platform, 'x'))).kind).toBe(kind);
  });

  test('an empty answer is a success', async () => {
    const { platform } = await start();
    world.sim.faults.next('sendmessage', { kind: 'body', body: '' });
    await say(platform, 'x');
  });

  test('a service that is not there is a matter of the network', async () => {
    const platform = world.create({ base_url: 'http://127.0.0.1:9' });
    started.push(platform);
    expect((await failure(say(platform, 'x', { ...world.direct, replyTo: '1' }))).kind).toBe('network');
  });

  test('the token is in no error and in no log line', async () => {
    const { platform, sink } = await start();
    world.sim.faults.expired = true;
    const error = await failure(say(platform, 'x'));
    world.sim.personSends(ann, 'wake');
    await waitUntil('it is denied', () => sink.lastState === 'denied');
    const all = JSON.stringify([error.message, error.advice, sink.states, world.log.lines]);
    expect(all).toContain('scan again');
    expect(all).not.toContain('secret-of-the-bot');
  });
});

test('doctor is told whether the login is good', async () => {
  const platform = world.create();
  started.push(platform);
  expect(await platform.check(forever)).toMatchObject([{ level: 'ok' }]);
  world.sim.faults.expired = true;
  expect(await platform.check(forever)).toMatchObject([
    { level: 'error', fix: expect.stringContaining('scan again') },
  ]);
  const fresh = world.create({ account_id: 'new' });
  started.push(fresh);
  expect(await fresh.check(forever)).toMatchObject([{ level: 'error', unconfirmed: true }]);
  world.sim.faults.expired = false;
  expect(await fresh.check(forever)).toMatchObject([{ level: 'ok' }, { level: 'warning' }]);
});
