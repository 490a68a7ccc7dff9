import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Card } from '../../../src/core/card.ts';
import type { LocalFile, Outgoing } from '../../../src/core/outgoing.ts';
import { waitUntil } from '../../conformance/recording-sink.ts';
import { type Bench, forever, openBench } from './harness.ts';

let bench: Bench;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'feishu-'));
});
afterEach(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

const setup = async (options: Record<string, unknown> = {}) => {
  bench = await openBench(options);
};
const arrived = async (count = 1) => {
  await waitUntil(`${count} messages`, () => bench.sink.messages.length >= count);
  return bench.sink.messages;
};
const say = async (content: Outgoing, key: string, to = bench.direct) => {
  const refs = [];
  for (const [i, part] of bench.platform.render(content, to).entries())
    refs.push(await bench.platform.send(to, part, `${key}-${i}`, forever));
  return refs;
};

describe('quotes', () => {
  test('[feature: quotes] a replied message comes with its words, its writer and the chain before it', async () => {
    await setup();
    const first = bench.sim.userSends({ text: 'the beginning', quiet: true });
    const second = bench.sim.userSends({ text: 'the middle', replyTo: first.id, quiet: true });
    bench.sim.userSends({ text: 'and this?', replyTo: second.id });
    const [message] = await arrived();
    expect(message?.quoted).toMatchObject({
      message: second.id,
      sender: bench.sim.ann,
      text: 'the beginning\n---\nthe middle',
    });
  });

  test('[feature: own message quoted] our own answer is quoted from memory, without a call', async () => {
    await setup();
    const [ref] = await say({ kind: 'text', markdown: 'forty **two**' }, 'a');
    bench.sim.userSends({ text: 'why?', replyTo: ref?.message });
    const [message] = await arrived();
    expect(message?.quoted).toMatchObject({ own: true, text: 'forty two' });
    expect(bench.sim.calls.some((call) => call.op === 'message.get')).toBe(false);
  });

  test('files of a quoted message can be fetched', async () => {
    await setup();
    const image_key = bench.sim.file('image', 'p.png', Buffer.from('png'));
    const picture = bench.sim.userSends({ type: 'image', content: { image_key }, quiet: true });
    bench.sim.userSends({ text: 'what is it?', replyTo: picture.id });
    const [message] = await arrived();
    const [file] = message?.quoted?.files ?? [];
    if (!file) throw new Error('no file');
    await bench.platform.files.download(file, join(folder, 'p'), 100, forever);
    expect(await readFile(join(folder, 'p'), 'utf8')).toBe('png');
  });

  test('a slow service delays the message by a second at most, and keeps the order of the chat', async () => {
    await setup();
    const old = bench.sim.userSends({ text: 'old', quiet: true });
    bench.sim.faults.add({ on: 'message.get', trouble: { kind: 'delay', ms: 20_000 } });
    bench.sim.userSends({ text: 'one', replyTo: old.id });
    bench.sim.userSends({ text: 'two' });
    const messages = await arrived(2);
    expect(messages.map(({ text }) => text)).toEqual(['one', 'two']);
    expect(messages[0]?.quoted).toEqual({ message: old.id, own: undefined });
  });

  test('[feature: forwarded messages] forwarded messages come with writers and words', async () => {
    await setup();
    const bundle = bench.sim.userSends({
      type: 'merge_forward',
      content: 'Merged and Forwarded Message',
      quiet: true,
    });
    for (const text of ['first', 'second']) {
      const child = bench.sim.userSends({ text, quiet: true });
      bench.sim.world.messages.set(child.id, { ...child, parent: bundle.id, thread: '@' });
    }
    bench.sim.sendAgain(bundle.id);
    const [message] = await arrived();
    expect(message?.extra).toBe(`[forwarded messages]\n${bench.sim.ann}: first\n${bench.sim.ann}: second`);
  });
});

describe('groups and topics', () => {
  test('only what is addressed arrives, the mention stripped', async () => {
    await setup();
    bench.sim.userSends({ chat: 'oc_team', text: 'chatter' });
    bench.sim.userSends({ chat: 'oc_team', text: 'help me', mentionBot: true });
    const messages = await arrived();
    expect(messages.map(({ text }) => text)).toEqual(['help me']);
    expect(messages[0]?.address).toMatchObject({ chat: 'oc_team', direct: false, user: bench.sim.ann });
  });

  test('[feature: topics] topics are sessions, and their attachments need no further mention', async () => {
    await setup({ thread_isolation: true });
    const root = bench.sim.userSends({ chat: 'oc_team', text: 'start', mentionBot: true });
    await arrived();
    const image_key = bench.sim.file('image', 'p.png', Buffer.from('png'));
    bench.sim.userSends({
      chat: 'oc_team',
      type: 'image',
      content: { image_key },
      replyTo: root.id,
      inThread: true,
    });
    const messages = await arrived(2);
    const keys = messages.map(({ address, sender }) => bench.platform.sessionKey(address, sender));
    expect(new Set(keys)).toEqual(new Set([`feishu:oc_team:root:${root.id}`]));
  });

  test('a topic joined in the middle loads what it began with', async () => {
    await setup({ thread_isolation: true });
    const root = bench.sim.userSends({ chat: 'oc_team', text: 'the plan', quiet: true });
    bench.sim.userSends({
      chat: 'oc_team',
      text: 'do it',
      mentionBot: true,
      replyTo: root.id,
      inThread: true,
    });
    const [message] = await arrived();
    expect(message?.quoted?.text).toBe('the plan');
  });

  test('[feature: image batches] images sent together share a group that a text behind them joins', async () => {
    await setup();
    const at = Date.now();
    const image_key = bench.sim.file('image', 'p.png', Buffer.from('png'));
    for (let i = 0; i < 3; i++)
      bench.sim.userSends({ type: 'image', content: { image_key }, at: at + i * 100 });
    bench.sim.userSends({ text: 'compare', at: at + 400 });
    bench.sim.userSends({ text: 'unrelated', at: at + 9_000 });
    const messages = await arrived(5);
    const id = messages[0]?.message;
    expect(messages.map(({ group }) => group)).toEqual([
      { id, windowMs: 500 },
      { id, windowMs: 500 },
      { id, windowMs: 500 },
      { id, windowMs: 0 },
      undefined,
    ]);
  });

  test('names are looked up beside the path and known the next time', async () => {
    await setup();
    bench.sim.userSends({ text: 'one' });
    await arrived();
    await bench.sim.waitFor('the look-up', () => bench.sim.calls.some((call) => call.op === 'user.get'));
    await waitUntil('the name is known', async () => {
      bench.sim.userSends({ text: 'again' });
      await arrived(bench.sink.messages.length + 1);
      return bench.sink.messages.at(-1)?.sender.name === 'Ann';
    });
  });

  test('without the right to read names nobody is asked about twice', async () => {
    await setup();
    bench.sim.http.forbidden.add('user.get');
    for (const user of ['ou_x', 'ou_y', 'ou_z']) {
      bench.sim.userSends({ text: 'hi', user });
      await arrived(bench.sink.messages.length + 1);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(bench.sim.calls.filter((call) => call.op === 'user.get')).toHaveLength(1);
  });

  test('@name in an answer becomes a mention of a member', async () => {
    await setup({ resolve_mentions: true, mention_map: { Boss: 'ou_boss' } });
    bench.sim.userSends({ chat: 'oc_team', text: 'hi', mentionBot: true });
    const [message] = await arrived();
    const to = message?.address ?? bench.direct;
    await bench.sim.waitFor('the members', () => bench.sim.calls.some((call) => call.op === 'chat.members'));
    await waitUntil('the mention', () =>
      JSON.stringify(bench.platform.render({ kind: 'text', markdown: 'ask @Ann' }, to)).includes(
        `<at id=${bench.sim.ann}>`,
      ),
    );
    expect(JSON.stringify(bench.platform.render({ kind: 'text', markdown: '@Boss' }, to))).toContain(
      'ou_boss',
    );
  });
});

describe('files', () => {
  const local = async (
    name: string,
    mime: string,
    kind: LocalFile['kind'],
    bytes = 1_000,
  ): Promise<LocalFile> => {
    const path = join(folder, name);
    await writeFile(path, Buffer.alloc(bytes, 1));
    return { kind, path, name, mime, size: bytes };
  };

  test.each([
    ['a.png', 'image/png', 'image', 'image'],
    ['a.opus', 'audio/ogg', 'audio', 'audio'],
    ['a.mp3', 'audio/mpeg', 'audio', 'file'],
    ['a.mp4', 'video/mp4', 'video', 'media'],
    ['a.svg', 'image/svg+xml', 'image', 'file'],
    ['报告.pdf', 'application/pdf', 'file', 'file'],
  ] as const)('[feature: files out] %s (%s) goes out as %s → %s', async (name, mime, kind, type) => {
    await setup();
    await say({ kind: 'file', file: await local(name, mime, kind), caption: 'here' }, 'f');
    const seen = bench.sim.messages(bench.direct.chat);
    expect(seen.map((message) => message.type)).toEqual(['interactive', type]);
    expect(seen[1]?.file?.size).toBe(1_000);
    if (type !== 'image') expect(seen[1]?.file?.name).toBe(name);
  });

  test.each([
    ['too large', 31 * 1024 * 1024, 'validation'],
    ['empty', 0, 'validation'],
  ])('a file that is %s is refused before it is sent', async (_name, bytes, kind) => {
    await setup();
    const file = await local('big.bin', 'application/octet-stream', 'file', bytes);
    await expect(say({ kind: 'file', file }, 'f')).rejects.toMatchObject({ kind });
    expect(bench.sim.calls.some((call) => call.op === 'file.upload')).toBe(false);
  });

  test('a file that is gone is missing', async () => {
    await setup();
    const file: LocalFile = { kind: 'file', path: join(folder, 'no'), name: 'no', mime: 'x/y', size: 1 };
    await expect(say({ kind: 'file', file }, 'f')).rejects.toMatchObject({ kind: 'missing' });
  });

  const remote = async (bytes: Buffer) => {
    await setup();
    const file_key = bench.sim.file('file', 'notes.txt', bytes);
    bench.sim.userSends({ type: 'file', content: { file_key, file_name: 'notes.txt' } });
    const [message] = await arrived();
    const [file] = message?.files ?? [];
    if (!file) throw new Error('no file');
    return file;
  };

  test('[feature: files in] a file is streamed to disk with its name', async () => {
    const bytes = Buffer.alloc(3_000_000, 7);
    const file = await remote(bytes);
    const got = await bench.platform.files.download(file, join(folder, 'in'), 5_000_000, forever);
    expect(got).toMatchObject({ bytes: 3_000_000, name: 'notes.txt' });
    expect((await stat(join(folder, 'in'))).size).toBe(3_000_000);
  });

  test('over the cap nothing stays on disk', async () => {
    const file = await remote(Buffer.alloc(50_000, 7));
    const target = join(folder, 'in');
    await expect(bench.platform.files.download(file, target, 1_000, forever)).rejects.toMatchObject({
      kind: 'validation',
    });
    await expect(stat(target)).rejects.toThrow();
  });

  test('a file of a recalled message is not_found', async () => {
    const file = await remote(Buffer.from('x'));
    const message = bench.sink.messages[0]?.message ?? '';
    bench.sim.recall(message);
    await expect(bench.platform.files.download(file, join(folder, 'in'), 10, forever)).rejects.toMatchObject({
      kind: 'not_found',
    });
  });
});

describe('reactions', () => {
  const asked = () => {
    const message = bench.sim.userSends({ text: 'hi', quiet: true });
    return { ...bench.direct, replyTo: message.id };
  };
  const emojis = () => [...bench.sim.world.reactions.values()].map(({ emoji }) => emoji);

  const shown = async (platform = bench.platform, to = asked()) => {
    const ref = await platform.activity.show(to, forever);
    await bench.sim.waitFor('the reaction', () => emojis().includes('OnIt'));
    if (!ref) throw new Error('no reference');
    return JSON.parse(JSON.stringify(ref)) as typeof ref;
  };

  test('[feature: reaction] one shows the work and goes with it, from a stored reference too', async () => {
    await setup({ done_emoji: 'DONE' });
    const ref = await shown();
    const { platform } = await bench.again({ done_emoji: 'DONE' });
    await platform.activity.clear(ref, 'done', forever);
    expect(emojis()).toEqual(['DONE']);
    await platform.activity.clear(ref, 'stopped', forever);
    expect(emojis()).toEqual(['DONE']);
  });

  test('the reference is there before the reaction, so a crash in between leaves none on', async () => {
    await setup();
    const ref = await bench.platform.activity.show(asked(), forever);
    expect(ref).toBeDefined();
    expect(emojis()).toEqual([]);
  });

  test('a turn that ends at once shows none', async () => {
    await setup();
    const ref = await bench.platform.activity.show(asked(), forever);
    if (!ref) throw new Error('no reference');
    await bench.platform.activity.clear(ref, 'done', forever);
    expect(bench.sim.calls.some(({ op }) => op.startsWith('reaction.'))).toBe(false);
  });

  test('[feature: reaction after a lost answer] lost answers leave none on', async () => {
    await setup();
    bench.sim.faults.add({ on: 'reaction.', trouble: { kind: 'swallow' }, times: 2 });
    const ref = await shown();
    bench.sim.faults.add({ on: 'reaction.delete', trouble: { kind: 'http', status: 502 } });
    await bench.platform.activity.clear(ref, 'done', forever);
    expect(emojis()).toEqual([]);
  });

  test('a failed turn gets no sign of success, a recalled message no error', async () => {
    await setup({ done_emoji: 'DONE' });
    const to = asked();
    const ref = await shown(bench.platform, to);
    await bench.platform.activity.clear(ref, 'failed', forever);
    expect(emojis()).toEqual([]);
    bench.sim.recall(to.replyTo);
    await bench.platform.activity.clear(ref, 'done', forever);
  });

  test('none switches them off', async () => {
    await setup({ reaction_emoji: 'none' });
    expect(await bench.platform.activity.show(asked(), forever)).toBeUndefined();
    expect(emojis()).toEqual([]);
  });
});

describe('buttons and forms', () => {
  const form: Card = {
    title: 'Pick',
    blocks: [
      {
        kind: 'form',
        fields: [
          { kind: 'text', name: 'note', label: 'Note' },
          {
            kind: 'choice',
            name: 'files',
            label: 'Files',
            multiple: true,
            options: [
              { label: 'A', value: 'a' },
              { label: 'B', value: 'b' },
            ],
          },
        ],
        submit: { label: 'Go', data: 'f:1' },
      },
    ],
  };

  test('[feature: form values] a submitted form reaches the engine by field', async () => {
    await setup();
    const [ref] = await say({ kind: 'card', card: form }, 'c');
    await bench.sim.press(ref?.message ?? '', 'Go', { form: { note: 'hi', box_1_0: false, box_1_1: true } });
    expect(bench.sink.actions[0]).toMatchObject({ data: 'f:1', form: { note: 'hi', files: ['b'] } });
  });

  test('[feature: button answered in place] a press that could not be stored comes again and is then answered', async () => {
    await setup();
    const card: Card = { blocks: [{ kind: 'buttons', rows: [[{ label: 'Yes', data: 'y' }]] }] };
    const [ref] = await say({ kind: 'card', card }, 'c');
    bench.sink.refusing = true;
    bench.sink.reply = { toast: 'Done', toastKind: 'success' };
    const pressed = bench.sim.press(ref?.message ?? '', 'Yes');
    await waitUntil('it is refused', () => bench.sim.link.acks.some(({ code }) => code === 500));
    bench.sink.refusing = false;
    expect(await pressed).toMatchObject({ toast: 'Done', kind: 'success' });
    const keys = bench.sink.actions.map(({ dedupeKey }) => dedupeKey);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
  });

  test('a press in a topic belongs to the session of the topic', async () => {
    await setup({ thread_isolation: true });
    const root = bench.sim.userSends({ chat: 'oc_team', text: 'start', mentionBot: true });
    const [message] = await arrived();
    const card: Card = { blocks: [{ kind: 'buttons', rows: [[{ label: 'Yes', data: 'y' }]] }] };
    const [ref] = await say({ kind: 'card', card }, 'c', message?.address);
    await bench.sim.press(ref?.message ?? '', 'Yes', { user: 'ou_bob' });
    const [action] = bench.sink.actions;
    if (!action) throw new Error('no action');
    expect(bench.platform.sessionKey(action.address, action.sender)).toBe(`feishu:oc_team:root:${root.id}`);
    expect(action.sender.id).toBe('ou_bob');
  });
});

test('lark keeps its own name in keys', async () => {
  await setup();
  expect(bench.platform.account).toBe(`feishu:${bench.sim.appId}`);
  expect(bench.platform.parseSessionKey('lark:oc_1:ou_1')).toBeUndefined();
});
