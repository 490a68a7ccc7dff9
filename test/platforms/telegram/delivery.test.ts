import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Address } from '../../../src/core/address.ts';
import { AppError } from '../../../src/core/errors.ts';
import type { Part } from '../../../src/core/outgoing.ts';
import type { ActivityRef, Platform } from '../../../src/core/platform.ts';
import type { Previews } from '../../../src/platforms/telegram/preview.ts';
import { RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import { telegramWorld } from './world.ts';

const forever = new AbortController().signal;
const unnoted = async () => {};
const text = (platform: Platform, markdown: string): Part => {
  const [part] = platform.render({ kind: 'text', markdown }, {} as Address);
  if (!part) throw new Error('no part');
  return part;
};

async function refusal(promise: Promise<unknown> | undefined): Promise<AppError> {
  const error = await promise?.catch((caught: unknown) => caught);
  if (!(error instanceof AppError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

describe('delivery', () => {
  let world: Awaited<ReturnType<typeof telegramWorld>>;
  const started: Platform[] = [];

  beforeEach(async () => {
    world = await telegramWorld({ drafts: false });
  });
  afterEach(async () => {
    for (const platform of started.splice(0)) await platform.stop();
    await world.close();
  });

  const create = (options: Readonly<Record<string, unknown>>): Platform => {
    const platform = (world.create as (more: Readonly<Record<string, unknown>>) => Platform)(options);
    started.push(platform);
    return platform;
  };
  const start = async (options: Readonly<Record<string, unknown>> = {}, sink = new RecordingSink()) => {
    const platform = create(options);
    await platform.start(sink, forever);
    await waitUntil('ready', () => sink.lastState === 'ready');
    return { platform, sink };
  };
  const texts = () => world.sim.botMessages(42).map((message) => message.text);
  const say = (platform: Platform, words: string, key: string, to = world.direct) =>
    platform.send(to, text(platform, words), key, forever);
  const loseNext = async (platform: Platform, words: string, key: string, to = world.direct) => {
    world.sim.faults.next('send', { kind: 'swallow' });
    expect((await refusal(say(platform, words, key, to))).kind).toBe('ambiguous');
  };

  describe('a lost answer', () => {
    test('is found among messages of people and other chats', async () => {
      const { platform, sink } = await start();
      const bob = world.sim.addPrivateChat({ id: 43, name: 'Bob' });
      await say(platform, 'first', 'k0');
      world.sim.userSends(bob, 43, 'before it');
      await loseNext(platform, 'second', 'k1');
      const id = world.sim.botMessages(42).at(-1)?.id;
      await say(platform, 'to Bob', 'k2', { ...world.direct, chat: '43', user: '43' });
      world.sim.userSends(world.ann, 42, 'hello?');
      world.sim.userSends(bob, 43, 'after it');
      await waitUntil('people are seen', () => sink.messages.length === 3);
      const found = await platform.probe?.(world.direct, text(platform, 'second'), 'k1', forever);
      expect(found).toEqual({ chat: '42', message: String(id) });
      expect(texts()).toEqual(['first', 'second']);
      expect(world.sim.botMessages(43).map((message) => message.text)).toEqual(['to Bob']);
    });

    test('[feature: lost answer to a send] is found after a restart by what the first process noted', async () => {
      const first = await start();
      await say(first.platform, 'known', 'k0');
      await loseNext(first.platform, 'was it there?', 'k1');
      await first.platform.stop();
      const { platform } = await start();
      const found = await platform.probe?.(world.direct, text(platform, 'was it there?'), 'k1', forever);
      expect(found).toEqual({ chat: '42', message: String(world.sim.botMessages(42).at(-1)?.id) });
      expect(texts()).toEqual(['known', 'was it there?']);
    });

    test('is found by the message it answers when nothing else is known', async () => {
      const { platform } = await start();
      const { message } = world.sim.userSends(world.ann, 42, 'question');
      const to = { ...world.direct, replyTo: String(message) };
      await loseNext(platform, 'answer', 'k1', to);
      expect(await platform.probe?.(to, text(platform, 'answer'), 'k1', forever)).toMatchObject({
        chat: '42',
      });
      expect(texts()).toEqual(['answer']);
    });

    test('is unknown when the notes are gone, because other messages could be taken for it', async () => {
      const first = await start();
      const { message } = world.sim.userSends(world.ann, 42, 'question');
      const to = { ...world.direct, replyTo: String(message) };
      await say(first.platform, 'part one', 'k0', to);
      await loseNext(first.platform, 'part two', 'k1', to);
      await first.platform.stop();
      await rm(world.cacheDir, { recursive: true });
      const { platform } = await start();
      expect(await platform.probe?.(to, text(platform, 'part two'), 'k1', forever)).toBe('unknown');
      expect(texts()).toEqual(['part one', 'part two']);
    });

    test('is noted before it is sent, so that a process killed meanwhile can look for it', async () => {
      const { platform } = await start();
      await say(platform, 'first', 'k0');
      world.sim.faults.next('send', { kind: 'delay', ms: 300 });
      const sending = say(platform, 'second', 'k1');
      await waitUntil('it is under way', () => world.sim.faults.taken > 0);
      const notes = await readFile(
        join(world.cacheDir, `telegram-${world.sim.token.split(':')[0]}.sent`),
        'utf8',
      );
      expect(notes).toMatch(/^f \d+ k1$/m);
      await sending;
    });

    test('in the notes of a long life, the latest ones are kept', async () => {
      const first = await start();
      const name = join(world.cacheDir, `telegram-${world.sim.token.split(':')[0]}.sent`);
      await first.platform.stop();
      await writeFile(name, 'm 42 1 old\n'.repeat(30_000));
      const second = await start();
      await say(second.platform, 'newest', 'k9');
      await say(second.platform, 'later', 'k10');
      await second.platform.stop();
      expect((await readFile(`${name}.old`, 'utf8')).length).toBeGreaterThan(256 * 1024);
      const { platform } = await start();
      expect(await say(platform, 'newest', 'k9')).toMatchObject({ chat: '42' });
      expect(texts()).toEqual(['newest', 'later']);
    });

    test('is absent when the send never arrived, and then sent once', async () => {
      const { platform } = await start();
      await say(platform, 'before', 'k0');
      world.sim.faults.next('send', { kind: 'reset' });
      expect((await refusal(say(platform, 'lost', 'k1'))).kind).toBe('ambiguous');
      expect(await platform.probe?.(world.direct, text(platform, 'lost'), 'k1', forever)).toBe('absent');
      await say(platform, 'lost', 'k1');
      expect(texts()).toEqual(['before', 'lost']);
    });

    test('is unknown when no id was known before it, and nothing is touched', async () => {
      const { platform } = await start();
      world.sim.faults.next('send', { kind: 'swallow' });
      await refusal(say(platform, 'lost', 'k1'));
      expect(await platform.probe?.(world.direct, text(platform, 'lost'), 'k1', forever)).toBe('unknown');
      expect(world.sim.calls.some((call) => call.method === 'editMessageText')).toBe(false);
    });

    test('never changes a message that has an owner', async () => {
      const { platform } = await start();
      await say(platform, 'first', 'k0');
      world.sim.faults.next('send', { kind: 'reset' });
      await refusal(say(platform, 'lost', 'k1'));
      const thread = { ...world.direct };
      await say(platform, 'another', 'k2', thread);
      expect(await platform.probe?.(world.direct, text(platform, 'lost'), 'k1', forever)).toBe('absent');
      expect(texts()).toEqual(['first', 'another']);
    });

    test('is not taken for words of ours that were lost as well: those go, and it is sent as the answer it is', async () => {
      const { platform } = await start();
      await say(platform, 'first', 'k0');
      const question = world.sim.userSends(world.ann, 42, 'question').message;
      await loseNext(platform, 'working', 'progress-1');
      await loseNext(platform, 'still working', 'progress-2');
      world.sim.faults.next('send', { kind: 'reset' });
      const to = { ...world.direct, replyTo: String(question) };
      await refusal(say(platform, 'answer', 'k1', to));
      expect(await platform.probe?.(to, text(platform, 'answer'), 'k1', forever)).toBe('absent');
      await say(platform, 'answer', 'k1', to);
      expect(texts()).toEqual(['first', 'answer']);
      expect(world.sim.botMessages(42).at(-1)?.replyTo).toBe(question);
    });

    test('that arrived behind lost words of ours stands there once', async () => {
      const { platform } = await start();
      await say(platform, 'first', 'k0');
      world.sim.faults.next('send', { kind: 'reset' });
      await refusal(say(platform, 'answer', 'k1'));
      await loseNext(platform, 'working', 'progress-1');
      await loseNext(platform, 'answer', 'k1');
      const { id } = world.sim.botMessages(42).at(-1) ?? {};
      expect(await platform.probe?.(world.direct, text(platform, 'answer'), 'k1', forever)).toMatchObject({
        message: String(id),
      });
      expect(texts()).toEqual(['first', 'answer']);
    });

    test('is certainly absent when the send never began, whatever the part, also after a restart', async () => {
      const first = await start();
      await say(first.platform, 'first', 'k0');
      await first.platform.stop();
      const { platform } = await start();
      const file = { kind: 'file', path: '/x', name: 'x', mime: 'text/plain', size: 1 } as const;
      const [upload] = platform.render({ kind: 'file', file }, world.direct);
      for (const part of [text(platform, 'never sent'), upload])
        if (part) expect(await platform.probe?.(world.direct, part, 'k-never', forever)).toBe('absent');
      expect(world.sim.calls.some((call) => call.method === 'editMessageText')).toBe(false);
    });

    test('of a preview is found by its key alone, and a preview that never was is not made', async () => {
      const { platform } = await start();
      await say(platform, 'first', 'k0');
      const previews = platform.preview as Previews;
      const known = await previews.open(world.direct, { markdown: 'one' }, 'pv1', forever);
      expect(await previews.find(world.direct, 'pv1', forever)).toEqual(known);
      world.sim.faults.next('send', { kind: 'swallow' });
      await refusal(previews.open(world.direct, { markdown: 'two' }, 'pv2', forever));
      const lost = await previews.find(world.direct, 'pv2', forever);
      if (!lost) throw new Error('not found');
      await previews.discard(lost, forever);
      expect(await previews.find(world.direct, 'pv3', forever)).toBeUndefined();
      expect(texts()).toEqual(['first', 'one']);
    });

    test('of a preview is taken up when it is opened again', async () => {
      const { platform } = await start();
      await say(platform, 'first', 'k0');
      world.sim.faults.next('send', { kind: 'swallow' });
      await refusal(platform.preview?.open(world.direct, { markdown: 'Think' }, 'pv', forever));
      const ref = await platform.preview?.open(world.direct, { markdown: 'Thinking on' }, 'pv', forever);
      expect(texts()).toEqual(['first', 'Thinking on']);
      expect(ref?.ref?.message).toBe(String(world.sim.botMessages(42).at(-1)?.id));
    });

    test('of a card is found with its buttons kept', async () => {
      const { platform } = await start();
      await say(platform, 'first', 'k0');
      const card = {
        title: 'Q',
        blocks: [{ kind: 'buttons', rows: [[{ label: 'Go', data: 'go' }]] }],
      } as const;
      const [part] = platform.render({ kind: 'card', card }, world.direct);
      if (!part) throw new Error('no part');
      world.sim.faults.next('send', { kind: 'swallow' });
      await refusal(platform.send(world.direct, part, 'c1', forever));
      expect(await platform.probe?.(world.direct, part, 'c1', forever)).toMatchObject({ chat: '42' });
      expect(world.sim.botMessages(42)).toHaveLength(2);
      expect(world.sim.botMessages(42).at(-1)?.markup?.inline_keyboard).toHaveLength(1);
    });
  });

  test('a send repeated with its key after its answer was heard posts nothing, also after a restart', async () => {
    const first = await start();
    const ref = await say(first.platform, 'once', 'k1');
    expect(await say(first.platform, 'once', 'k1')).toEqual(ref);
    await first.platform.stop();
    const { platform } = await start();
    expect(await say(platform, 'once', 'k1')).toEqual(ref);
    expect(texts()).toEqual(['once']);
  });

  test('[feature: refused markup] text the service cannot parse goes out as plain words', async () => {
    const { platform } = await start();
    const part: Part = { kind: 'text', body: { html: '<b>broken <table>' }, plain: 'broken words' };
    await platform.send(world.direct, part, 'k1', forever);
    expect(texts()).toEqual(['broken words']);
  });

  test.each(['on', '404', '400'] as const)(
    '[feature: real tables] an answer with a table is a rich message where that is wanted and taken',
    async (rich) => {
      world.sim.account.rich = rich;
      const { platform } = await start({ rich_messages: true });
      const table = '# T\n\n| a | b |\n|---|---|\n| 1 | <2> |\n\n- [x] done `x`\n\n```js\nx\n```\n\n> q';
      const ref = await say(platform, table, 'r1');
      await say(platform, table, 'r2');
      await say(platform, 'no table', 'r3');
      const asked = world.sim.calls.filter((call) => call.method === 'sendRichMessage');
      expect(asked.map((call) => call.outcome)).toEqual(rich === 'on' ? ['ok', 'ok'] : ['refused']);
      expect(world.sim.botMessages(42)).toHaveLength(3);
      expect(texts()[0]).toContain(rich === 'on' ? '1 <2>' : '1 | <2>');
      await platform.edit?.(ref, text(platform, table), forever);
      await loseNext(platform, table, 'r4');
      expect(await platform.probe?.(world.direct, text(platform, table), 'r4', forever)).toMatchObject({
        message: String(world.sim.botMessages(42).at(-1)?.id),
      });
    },
  );

  test('a search in a chat that shut the bot out is no answer', async () => {
    const { platform } = await start();
    await say(platform, 'first', 'k0');
    await loseNext(platform, 'second', 'k1');
    world.sim.chat(42).forbidden = 'Forbidden: bot was blocked by the user';
    const error = await refusal(platform.probe?.(world.direct, text(platform, 'second'), 'k1', forever));
    expect(error.kind).toBe('permission');
  });

  test('[feature: quotes out] an answer quotes the message it answers, and does without when that is gone', async () => {
    const { platform } = await start();
    const { message } = world.sim.userSends(world.ann, 42, 'question');
    await say(platform, 'quoting', 'k1', { ...world.direct, replyTo: String(message) });
    await say(platform, 'alone', 'k2', { ...world.direct, replyTo: '99999' });
    expect(world.sim.botMessages(42).map((sent) => sent.replyTo)).toEqual([message, undefined]);
  });

  test('[feature: answers in topics and new topics] a topic gets its own messages', async () => {
    const { platform, sink } = await start({ group_reply_all: true });
    world.sim.addForum(-1009, 'Forum', [5]);
    world.sim.userSends(world.ann, -1009, { text: 'in the topic', thread: 5 });
    await waitUntil('it arrives', () => sink.messages.length === 1);
    const address = sink.messages[0]?.address;
    if (!address) throw new Error('no address');
    expect(platform.sessionKey(address, { id: '42' })).toBe('telegram:-1009:5:42');
    await platform.send(address, text(platform, 'reply'), 'k1', forever);
    expect(world.sim.botMessages(-1009)[0]?.thread).toBe(5);
    const opened = await platform.threads?.open({ ...address, thread: undefined }, 'New topic', forever);
    await platform.send(opened ?? address, text(platform, 'there'), 'k2', forever);
    expect(String(world.sim.botMessages(-1009).at(-1)?.thread)).toBe(opened?.thread);
  });

  test('[feature: chat migration] a group that became a supergroup is followed and the engine is told once', async () => {
    const { platform, sink } = await start();
    world.sim.addGroup(-5, 'Old', 'group');
    const to: Address = { account: platform.account, chat: '-5', direct: false, replyTo: '1' };
    world.sim.migrate(-5, -1005);
    const ref = await platform.send(to, text(platform, 'hello'), 'k1', forever);
    expect(ref.chat).toBe('-1005');
    await waitUntil('it is told', () => sink.accepted.some((input) => input.kind === 'migrate'));
    expect(sink.accepted.filter((input) => input.kind === 'migrate')).toHaveLength(1);
    await platform.send(to, text(platform, 'again'), 'k2', forever);
    expect(world.sim.botMessages(-1005).map((message) => message.text)).toEqual(['hello', 'again']);
  });

  test.each([
    ['blocked by the person', 'Forbidden: bot was blocked by the user', 'permission'],
    ['kicked from the group', 'Forbidden: bot was kicked from the group chat', 'permission'],
  ])('[feature: blocked and kicked] being %s is a matter of permission', async (_name, description, kind) => {
    const { platform } = await start();
    world.sim.chat(42).forbidden = description;
    expect((await refusal(say(platform, 'x', 'k1'))).kind).toBe(kind);
  });

  test('an unknown chat is not_found', async () => {
    const { platform } = await start();
    const error = await refusal(say(platform, 'x', 'k1', { ...world.direct, chat: '777' }));
    expect(error.kind).toBe('not_found');
  });

  test('[feature: 5xx] a 500 leaves a send ambiguous and an edit unavailable', async () => {
    const { platform } = await start();
    const ref = await say(platform, 'x', 'k1');
    const fault = { kind: 'status', code: 500, description: 'Internal Server Error' } as const;
    world.sim.faults.next('send', fault);
    expect((await refusal(say(platform, 'y', 'k2'))).kind).toBe('ambiguous');
    world.sim.faults.next('editMessageText', fault);
    expect((await refusal(platform.edit?.(ref, text(platform, 'z'), forever))).kind).toBe('unavailable');
  });

  test('a refused connection is network trouble: nothing was sent', async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const port = (free.address() as { port: number }).port;
    await new Promise((resolve) => free.close(resolve));
    const platform = (world.create as (more: object) => Platform)({ api_base: `http://127.0.0.1:${port}` });
    started.push(platform);
    const error = await refusal(say(platform, 'x', 'k1'));
    expect(error.kind).toBe('network');
  });

  test('[feature: secrets] the token is in no error and in no log line', async () => {
    const { platform } = await start();
    const errors: unknown[] = [];
    for (const kind of ['swallow', 'reset'] as const) {
      world.sim.faults.next('send', { kind });
      errors.push(await refusal(say(platform, 'secret words', `t-${kind}`)));
    }
    world.sim.faults.next('send', { kind: 'html', code: 502 });
    errors.push(await refusal(say(platform, 'secret words', 't-html')));
    world.sim.faults.revoked = true;
    world.sim.cutConnections();
    errors.push(await refusal(say(platform, 'secret words', 't-401')));
    await waitUntil('the poll fails too', () => world.log.lines.some((line) => line.level === 'warn'));
    const all = [...errors, ...world.log.lines].map((thing) =>
      thing instanceof AppError
        ? `${thing.stack} ${JSON.stringify({ ...thing })} ${String(thing.cause)}`
        : JSON.stringify(thing),
    );
    for (const line of all) {
      expect(line).not.toContain(world.sim.token.split(':')[1]);
      expect(line).not.toContain('secret words');
    }
  });

  describe('files', () => {
    let folder = '';
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'telegram-files-'));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    test.each([
      ['image', 'image/png', 'sendPhoto'],
      ['video', 'video/mp4', 'sendVideo'],
      ['audio', 'audio/mpeg', 'sendAudio'],
      ['audio', 'audio/ogg', 'sendVoice'],
      ['file', 'application/pdf', 'sendDocument'],
    ] as const)(
      '[feature: files out] %s of type %s goes by %s, caption included',
      async (kind, mime, method) => {
        const { platform } = await start();
        const path = join(folder, 'a "name".bin');
        await writeFile(path, 'content');
        const file = { kind, path, name: 'a "name".bin', mime, size: 7 };
        for (const part of platform.render({ kind: 'file', file, caption: 'the *plot*' }, world.direct))
          await platform.send(world.direct, part, `f-${mime}`, forever);
        const sent = world.sim.botMessages(42)[0];
        expect(sent?.text).toBe('the plot');
        expect(sent?.file?.method).toBe(method);
        expect(sent?.file?.file.bytes.toString()).toBe('content');
      },
    );

    test('a picture refused as a photo goes as a document', async () => {
      const { platform } = await start();
      const path = join(folder, 'odd.png');
      await writeFile(path, 'content');
      world.sim.faults.next('sendPhoto', {
        kind: 'status',
        code: 400,
        description: 'Bad Request: PHOTO_INVALID_DIMENSIONS',
      });
      const file = { kind: 'image', path, name: 'odd.png', mime: 'image/png', size: 7 } as const;
      for (const part of platform.render({ kind: 'file', file }, world.direct))
        await platform.send(world.direct, part, 'odd', forever);
      expect(world.sim.botMessages(42)[0]?.file?.method).toBe('sendDocument');
    });

    test('a file that vanished is missing', async () => {
      const { platform } = await start();
      const file = {
        kind: 'file',
        path: join(folder, 'no'),
        name: 'no',
        mime: 'text/plain',
        size: 7,
      } as const;
      const [part] = platform.render({ kind: 'file', file }, world.direct);
      if (!part) throw new Error('no part');
      expect((await refusal(platform.send(world.direct, part, 'gone', forever))).kind).toBe('missing');
    });

    test('[feature: voice and other media] a person’s file is streamed to disk under the cap', async () => {
      const { platform, sink } = await start();
      const bytes = Buffer.alloc(300_000, 7);
      const file = world.sim.addFile('notes.txt', bytes, 'text/plain');
      const document = {
        file_id: file.id,
        file_unique_id: 'u',
        file_name: 'notes.txt',
        mime_type: 'text/plain',
      };
      world.sim.userSends(world.ann, 42, { text: 'read', extra: { document } });
      await waitUntil('it arrives', () => sink.messages.length === 1);
      const remote = sink.messages[0]?.files?.[0];
      if (!remote) throw new Error('no file');
      const stored = JSON.parse(JSON.stringify(remote)) as typeof remote;
      const target = join(folder, 'in');
      expect(await platform.files?.download(stored, target, 300_000, forever)).toEqual({
        bytes: 300_000,
        mime: 'text/plain',
        name: 'notes.txt',
      });
      expect((await readFile(target)).equals(bytes)).toBe(true);
      const over = await refusal(platform.files?.download(stored, join(folder, 'cut'), 299_999, forever));
      expect(over.kind).toBe('validation');
      await expect(readFile(join(folder, 'cut'))).rejects.toThrow();
    });

    test('[feature: files over 20 MB] a file over the service’s own limit is refused in plain words, one that is gone is not_found', async () => {
      const { platform } = await start();
      const big = world.sim.addFile('big', Buffer.alloc(21 * 1024 * 1024));
      const download = (id: string) =>
        refusal(
          platform.files?.download(
            { kind: 'file', remote: { file_id: id } },
            join(folder, 'x'),
            1e9,
            forever,
          ),
        );
      expect((await download(big.id)).message).toContain('20 MB');
      expect((await download('nope')).kind).toBe('not_found');
    });
  });

  test('[feature: typing] typing is shown and refreshed, and leaves nothing to clear', async () => {
    const { platform } = await start();
    expect(await platform.activity?.show(world.direct, forever, unnoted)).toBeUndefined();
    expect(world.sim.calls.at(-1)?.payload).toEqual({ chat_id: 42, action: 'typing' });
    expect(platform.activity?.refreshMs).toBeLessThan(5000);
  });

  test('[feature: reactions] a reaction marks the message being worked on until it is cleared, also when it is gone', async () => {
    const { platform } = await start({ enable_reactions: true });
    const { message } = world.sim.userSends(world.ann, 42, 'work');
    const to = { ...world.direct, replyTo: String(message) };
    const reactions = () => world.sim.messages(42).find((one) => one.id === message)?.reactions;
    const noted: unknown[] = [];
    const note = async (ref: ActivityRef) => {
      noted.push([ref, reactions()]);
    };
    const ref = await platform.activity?.show(to, forever, note);
    expect(reactions()).toEqual(['⚡']);
    expect(noted).toEqual([[ref, []]]);
    await platform.activity?.show(to, forever, note);
    expect(world.sim.calls.filter((call) => call.method === 'setMessageReaction')).toHaveLength(1);
    if (!ref) throw new Error('no ref');
    await platform.activity?.clear(JSON.parse(JSON.stringify(ref)) as typeof ref, 'done', forever);
    expect(reactions()).toEqual([]);
    world.sim.chat(42).messages.delete(message);
    await platform.activity?.clear(ref, 'done', forever);
  });

  test('[feature: command menu] the menu is published in names Telegram takes', async () => {
    const { platform } = await start();
    const entries = [
      { name: 'new', description: 'New session' },
      { name: 'my-skill', description: 'x'.repeat(300) },
      { name: 'my_skill', description: 'twice' },
      { name: '中文', description: 'cannot be written' },
      ...Array.from({ length: 120 }, (_, i) => ({ name: `s${i}`, description: '' })),
    ];
    await platform.menu?.publish(entries, forever);
    const commands = world.sim.account.commands;
    expect(commands).toHaveLength(100);
    expect(commands.slice(0, 3).map((entry) => entry.command)).toEqual(['new', 'my_skill', 's0']);
  });

  test('a chat is described', async () => {
    const { platform } = await start();
    world.sim.addGroup(-1001, 'Team');
    expect(await platform.describe?.(world.direct, forever)).toEqual({ kind: 'direct', title: 'Ann' });
    expect(await platform.describe?.({ ...world.direct, chat: '-1001' }, forever)).toEqual({
      kind: 'group',
      title: 'Team',
    });
  });

  test('[feature: doctor] doctor is told about token, privacy and webhook', async () => {
    // Not started: one that polls would take the webhook away, as it should.
    const platform = create({ group_reply_all: true });
    world.sim.account.webhook = 'https://example.org';
    const findings = (await platform.check?.(forever)) ?? [];
    expect(findings.map((finding) => finding.level)).toEqual(['ok', 'warning', 'warning']);
    expect(findings.filter((finding) => finding.level !== 'ok').every((finding) => finding.fix)).toBe(true);
    world.sim.faults.revoked = true;
    expect(await platform.check?.(forever)).toMatchObject([{ level: 'error', fix: expect.any(String) }]);
  });
});

describe('previews', () => {
  let world: Awaited<ReturnType<typeof telegramWorld>>;
  let platform: Platform;
  beforeEach(async () => {
    world = await telegramWorld();
    platform = world.create();
    const sink = new RecordingSink();
    await platform.start(sink, forever);
    await waitUntil('ready', () => sink.lastState === 'ready');
  });
  afterEach(async () => {
    await platform.stop();
    await world.close();
  });

  test('[feature: streaming by drafts] are drafts with a stop button in private chats, and the answer is a message of its own', async () => {
    const ref = await platform.preview?.open(world.direct, { markdown: '**Th' }, 'pv', forever);
    if (!ref) throw new Error('no preview');
    expect(world.sim.chat(42).draft).toMatchObject({ text: 'Th', canStop: true });
    await platform.preview?.update(ref, { markdown: '**Thinking**', status: 'ls' }, 1, forever);
    expect(world.sim.chat(42).draft?.text).toBe('Thinking\n\nls');
    expect(await platform.preview?.finish(ref, text(platform, 'x'), forever)).toBe('resend');
    expect(world.sim.botMessages(42)).toEqual([]);
  });

  test.each(['404', '400'] as const)(
    '[feature: streaming by edits] become edited messages where drafts are refused with %s, asked only once',
    async (refused) => {
      world.sim.account.drafts = refused;
      for (const key of ['one', 'two']) {
        const ref = await platform.preview?.open(world.direct, { markdown: `start ${key}` }, key, forever);
        if (!ref) throw new Error('no preview');
        await platform.preview?.update(ref, { markdown: `more ${key}` }, 1, forever);
        await platform.preview?.update(ref, { markdown: `more ${key}` }, 2, forever);
        expect(await platform.preview?.finish(ref, text(platform, `final ${key}`), forever)).toEqual(ref.ref);
      }
      expect(world.sim.botMessages(42).map((message) => message.text)).toEqual(['final one', 'final two']);
      expect(world.sim.calls.filter((call) => call.method === 'sendMessageDraft')).toHaveLength(1);
    },
  );

  test('are edited messages in groups', async () => {
    world.sim.addGroup(-1001, 'Team');
    const to: Address = { account: platform.account, chat: '-1001', direct: false };
    const ref = await platform.preview?.open(to, { markdown: 'start' }, 'pv', forever);
    expect(ref?.kind).toBe('message');
    expect(world.sim.botMessages(-1001)).toHaveLength(1);
  });

  test('that were deleted by a person are sent anew', async () => {
    world.sim.account.drafts = '404';
    const ref = await platform.preview?.open(world.direct, { markdown: 'start' }, 'pv', forever);
    if (!ref) throw new Error('no preview');
    world.sim.chat(42).messages.clear();
    expect(await platform.preview?.finish(ref, text(platform, 'final'), forever)).toBe('resend');
    await platform.preview?.discard(ref, forever);
  });

  test('a draft that no process remembers goes on after a restart', async () => {
    const ref = await platform.preview?.open(world.direct, { markdown: 'start' }, 'pv', forever);
    if (!ref) throw new Error('no preview');
    await platform.stop();
    const again = world.create();
    await again.start(new RecordingSink(), forever);
    await again.preview?.update(
      JSON.parse(JSON.stringify(ref)) as typeof ref,
      { markdown: 'on' },
      2,
      forever,
    );
    expect(world.sim.chat(42).draft?.text).toBe('on');
    await again.stop();
  });
});
