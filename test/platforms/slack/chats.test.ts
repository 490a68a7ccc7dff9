import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Address } from '../../../src/core/address.ts';
import { AppError } from '../../../src/core/errors.ts';
import type { Part } from '../../../src/core/outgoing.ts';
import { waitUntil } from '../../conformance/recording-sink.ts';
import { type Bench, forever, openBench } from './harness.ts';

let bench: Bench;
let folder: string;

beforeEach(async () => {
  bench = await openBench();
  folder = await mkdtemp(join(tmpdir(), 'slack-files-'));
});
afterEach(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

const onePart = (markdown: string): Part => {
  const [part] = bench.platform.render({ kind: 'text', markdown }, bench.direct);
  if (!part) throw new Error('nothing rendered');
  return part;
};
const failure = async (promise: Promise<unknown>): Promise<AppError> => {
  const error = await promise.catch((caught: unknown) => caught);
  if (!(error instanceof AppError)) throw new Error(`expected an AppError, got ${String(error)}`);
  return error;
};

/** What a person said in a channel, as the engine got it. */
async function asked(channel: string): Promise<Address> {
  const before = bench.sink.messages.length;
  bench.sim.says(channel, 'help me', { mention: true });
  await waitUntil('the question arrives', () => bench.sink.messages.length > before);
  const { address } = bench.sink.messages.at(-1) ?? {};
  if (!address) throw new Error('no address');
  return address;
}

describe('channels', () => {
  test('a mention told twice, as message and as mention, is one message', async () => {
    await asked(bench.sim.channel());
    await waitUntil('both events arrive', () => bench.sink.inputs.length === 2);
    expect(bench.sink.messages.map(({ text }) => text)).toEqual(['help me']);
  });

  test('an answer in a channel goes into a thread below the question, without link previews', async () => {
    const channel = bench.sim.channel();
    const to = await asked(channel);
    await bench.platform.send(to, onePart('see https://example.com'), 'k1', forever);
    expect(bench.sim.botMessages(channel)).toMatchObject([{ thread: to.replyTo }]);
    expect(bench.sim.complaints).toEqual([]);
  });

  test('when the question is gone the answer goes into the channel', async () => {
    const channel = bench.sim.channel();
    const to = await asked(channel);
    const question = bench.sim.world.find(channel, to.replyTo ?? '');
    if (question) bench.sim.world.delete(question);
    await bench.platform.send(to, onePart('still here'), 'k2', forever);
    expect(bench.sim.botMessages(channel)).toMatchObject([{ text: 'still here', thread: undefined }]);
  });

  test('a place the bot is not in is a matter of permission, with the fix', async () => {
    const chat = bench.sim.channel('channel', false);
    const to = { account: bench.platform.account, chat, direct: false };
    const error = await failure(bench.platform.send(to, onePart('x'), 'k3', forever));
    expect(error).toMatchObject({ kind: 'permission' });
    expect(error.advice).toContain('/invite');
  });

  test('a new thread begins with its title', async () => {
    const chat = bench.sim.channel();
    const to = { account: bench.platform.account, chat, direct: false };
    const thread = await bench.platform.threads.open(to, 'Nightly build', forever);
    await bench.platform.send(thread, onePart('it runs'), 'k4', forever);
    expect(bench.sim.botMessages(chat)).toMatchObject([
      { text: 'Nightly build', ts: thread.thread },
      { text: 'it runs', thread: thread.thread },
    ]);
  });

  test('with sessions per thread a conversation goes on without mentions', async () => {
    const { sink } = await bench.again({ session_scope: 'thread' });
    const channel = bench.sim.channel();
    const { ts } = bench.sim.says(channel, 'begin', { mention: true });
    await waitUntil('it arrives', () => sink.messages.length === 1);
    bench.sim.says(channel, 'go on', { thread: ts });
    await waitUntil('the next arrives', () => sink.messages.length === 2);
    expect(sink.messages.map(({ address }) => address.thread)).toEqual([ts, ts]);
  });

  test('people have names once they were looked up, asked for once each', async () => {
    for (const words of ['one', 'two', 'three']) {
      bench.sim.says(bench.chat, words);
      await waitUntil('it arrives', () => bench.sink.messages.at(-1)?.text === words);
      await waitUntil('the name is known', () =>
        bench.sim.calls.some(({ method }) => method === 'users.info'),
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(bench.sink.messages.at(-1)?.sender).toEqual({ id: bench.sim.ann, name: 'Ann' });
    expect(bench.sim.calls.filter(({ method }) => method === 'users.info')).toHaveLength(1);
  });

  test('a chat is described', async () => {
    const chat = bench.sim.channel();
    const { account } = bench.platform;
    expect(await bench.platform.describe({ account, chat, direct: false }, forever)).toMatchObject({
      kind: 'channel',
    });
    expect(await bench.platform.describe(bench.direct, forever)).toEqual({ kind: 'direct' });
  });
});

describe('commands and presses', () => {
  test('a slash command is stored before it is acknowledged, and shown in the channel', async () => {
    const answer = await bench.sim.command(bench.chat, '/cc', 'status');
    expect(answer).toEqual({ response_type: 'in_channel' });
    expect(bench.sink.messages).toMatchObject([{ text: '/status' }]);
  });

  test('a command where the bot is not in is answered through its response address', async () => {
    const channel = bench.sim.channel('channel', false);
    await bench.sim.command(channel, '/cc', 'status');
    const to = bench.sink.messages[0]?.address;
    if (!to) throw new Error('no command');
    await bench.platform.send(to, onePart('all is well'), 'k5', forever);
    expect(bench.sim.ephemerals).toEqual([{ channel, text: 'all is well' }]);
  });

  test('a press that cannot be stored is not acknowledged', async () => {
    const [part] = bench.platform.render(
      { kind: 'card', card: { blocks: [{ kind: 'buttons', rows: [[{ label: 'Go', data: 'g' }]] }] } },
      bench.direct,
    );
    if (!part) throw new Error('nothing rendered');
    const { message } = await bench.platform.send(bench.direct, part, 'k6', forever);
    bench.sink.refusing = true;
    await expect(bench.sim.press(bench.chat, message, 'Go')).rejects.toThrow('not acknowledged');
    bench.sink.refusing = false;
  });
});

describe('files', () => {
  const download = async (name: string, bytes: Buffer, mime: string, most = 1_000_000) => {
    const file = bench.sim.addFile(name, bytes, mime, bench.sim.ann);
    bench.sim.says(bench.chat, 'look', { files: [file] });
    await waitUntil('it arrives', () => bench.sink.messages.length > 0);
    const remote = bench.sink.messages.at(-1)?.files?.[0];
    if (!remote) throw new Error('no file');
    const { size: _size, ...unsized } = remote;
    return bench.platform.files.download(unsized, join(folder, 'x'), most, forever);
  };

  test('a person’s file is streamed to disk under the cap', async () => {
    const bytes = Buffer.alloc(200_000, 7);
    expect(await download('a.bin', bytes, 'application/zip')).toEqual({
      bytes: 200_000,
      mime: 'application/zip',
      name: 'a.bin',
    });
    expect((await readFile(join(folder, 'x'))).equals(bytes)).toBe(true);
    expect(await failure(download('b.bin', bytes, 'application/zip', 1000))).toMatchObject({
      kind: 'validation',
    });
  });

  test('the login page in place of a file is told as the missing scope', async () => {
    bench.sim.filesForbidden = true;
    const error = await failure(download('a.png', Buffer.from('png'), 'image/png'));
    expect(error).toMatchObject({ kind: 'permission' });
    expect(error.advice).toContain('files:read');
  });

  test('the token is not sent to other places', async () => {
    const file = { kind: 'file', remote: { id: 'F1', url: 'https://evil.example/x' } } as const;
    const error = await failure(bench.platform.files.download(file, join(folder, 'x'), 1000, forever));
    expect(error.code).toBe('slack_foreign_file');
  });

  test('a file goes out in three steps with its caption, and its message can be removed', async () => {
    const path = join(folder, 'report.txt');
    await writeFile(path, 'words');
    const file = { kind: 'file', path, name: 'report.txt', mime: 'text/plain', size: 5 } as const;
    const [part] = bench.platform.render({ kind: 'file', file, caption: 'the **report**' }, bench.direct);
    if (!part) throw new Error('nothing rendered');
    const ref = await bench.platform.send(bench.direct, part, 'f1', forever);
    expect(bench.sim.botMessages(bench.chat)).toMatchObject([{ text: 'the report', file: { size: 5 } }]);
    await bench.platform.remove(ref, forever);
    expect(bench.sim.botMessages(bench.chat)).toEqual([]);
  });

  test('a file whose sharing was not answered is found by its id', async () => {
    const path = join(folder, 'report.txt');
    await writeFile(path, 'words');
    const file = { kind: 'file', path, name: 'report.txt', mime: 'text/plain', size: 5 } as const;
    const [part] = bench.platform.render({ kind: 'file', file }, bench.direct);
    if (!part) throw new Error('nothing rendered');
    bench.sim.faults.add({ on: 'files.completeUploadExternal', trouble: { kind: 'swallow' } });
    expect((await failure(bench.platform.send(bench.direct, part, 'f2', forever))).kind).toBe('ambiguous');
    expect(await bench.platform.probe(bench.direct, part, 'f2', forever)).toMatchObject({
      message: bench.sim.botMessages(bench.chat)[0]?.id,
    });
  });
});

describe('delivery', () => {
  test('a lost post is found by its key, also after a restart, and one that never came is absent', async () => {
    await bench.platform.send(bench.direct, onePart('same words'), 'd0', forever);
    bench.sim.faults.add({ on: 'chat.postMessage', trouble: { kind: 'swallow' } });
    const part = onePart('same words');
    expect((await failure(bench.platform.send(bench.direct, part, 'd1', forever))).kind).toBe('ambiguous');
    const { platform } = await bench.again();
    expect(await platform.probe(bench.direct, part, 'd1', forever)).toMatchObject({
      message: bench.sim.botMessages(bench.chat).at(-1)?.ts,
    });
    expect(await platform.probe(bench.direct, part, 'd2', forever)).toBe('absent');
  });

  test('a lost answer in a thread is found there', async () => {
    const channel = bench.sim.channel();
    const to = await asked(channel);
    bench.sim.faults.add({ on: 'chat.postMessage', trouble: { kind: 'swallow' } });
    await failure(bench.platform.send(to, onePart('below'), 'd3', forever));
    expect(await bench.platform.probe(to, onePart('below'), 'd3', forever)).toMatchObject({
      thread: to.replyTo,
    });
  });

  test('without the right to read the history nobody can tell', async () => {
    bench.sim.faults.add({
      on: 'conversations.history',
      trouble: { kind: 'refuse', error: 'missing_scope' },
    });
    expect(await bench.platform.probe(bench.direct, onePart('x'), 'd4', forever)).toBe('unknown');
  });

  test('the service that says fatal_error may have posted', async () => {
    bench.sim.faults.add({ on: 'chat.postMessage', trouble: { kind: 'refuse', error: 'fatal_error' } });
    expect((await failure(bench.platform.send(bench.direct, onePart('x'), 'd5', forever))).kind).toBe(
      'ambiguous',
    );
  });

  test('where markdown blocks are refused the same is said with sections', async () => {
    bench.sim.faults.add({ on: 'chat.postMessage', trouble: { kind: 'refuse', error: 'invalid_blocks' } });
    await bench.platform.send(bench.direct, onePart('**bold** words'), 'd6', forever);
    const [message] = bench.sim.world.messages.filter(({ user }) => user === bench.sim.bot);
    expect(message?.blocks).toMatchObject([{ type: 'section', text: { text: '*bold* words' } }]);
  });

  test('no post is repeated behind our back', async () => {
    bench.sim.faults.add({ on: 'chat.postMessage', trouble: { kind: 'http', status: 500 } });
    await failure(bench.platform.send(bench.direct, onePart('x'), 'd7', forever));
    expect(bench.sim.botMessages(bench.chat)).toEqual([]);
  });

  test('a missing scope is told with its name', async () => {
    const trouble = { kind: 'refuse', error: 'missing_scope', needed: 'chat:write' } as const;
    bench.sim.faults.add({ on: 'chat.postMessage', trouble });
    const error = await failure(bench.platform.send(bench.direct, onePart('x'), 'd8', forever));
    expect(error.kind).toBe('permission');
    expect(error.advice).toContain('chat:write');
  });

  test('an answer too long for an edit takes the place of its preview', async () => {
    bench.sim.updateLimit = 4000;
    const ref = await bench.platform.preview.open(bench.direct, { markdown: 'Thinking' }, 'p1', forever);
    const part = onePart('long '.repeat(1500));
    expect(await bench.platform.preview.finish(ref, part, forever)).toBe('resend');
    expect(bench.sim.botMessages(bench.chat)).toEqual([]);
  });
});

describe('signs of life', () => {
  test('a status stands below the thread until it is cleared', async () => {
    const to = await asked(bench.sim.channel());
    const noted: object[] = [];
    const ref = await bench.platform.activity.show(to, forever, async (one) => void noted.push(one));
    expect(noted).toEqual([ref]);
    expect(bench.sim.statuses.get(to.replyTo ?? '')).toBe('is working…');
    if (ref) await bench.platform.activity.clear(ref, 'done', forever);
    expect(bench.sim.statuses.get(to.replyTo ?? '')).toBe('');
  });

  test('a reaction marks the message being worked on, also when it is gone', async () => {
    const { platform } = await bench.again({ reaction_emoji: ':eyes:' });
    const { ts } = bench.sim.says(bench.chat, 'hi');
    const to = { ...bench.direct, replyTo: ts };
    const ref = await platform.activity.show(to, forever, async () => {});
    expect([...bench.sim.reactions]).toEqual([`${ts}:eyes`]);
    if (ref) await platform.activity.clear(ref, 'done', forever);
    if (ref) await platform.activity.clear(ref, 'done', forever);
    expect([...bench.sim.reactions]).toEqual([]);
  });

  test('a new conversation gets prompts and its first words as title', async () => {
    const { sink } = await bench.again({ suggested_prompts: ['What changed?'] });
    const { ts } = bench.sim.says(bench.chat, 'root', { user: bench.sim.bot, quiet: true });
    void bench.sim.sendEvent({
      type: 'assistant_thread_started',
      assistant_thread: { user_id: bench.sim.ann, channel_id: bench.chat, thread_ts: ts, context: {} },
    });
    await waitUntil('the prompts are there', () => bench.sim.prompts.has(ts));
    bench.sim.says(bench.chat, 'fix   the build', { thread: ts });
    await waitUntil('the title is there', () => bench.sim.titles.has(ts));
    expect(bench.sim.titles.get(ts)).toBe('fix the build');
    expect(sink.messages).toMatchObject([{ text: 'fix   the build', address: { thread: ts } }]);
  });
});
