import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Address } from '../../../src/core/address.ts';
import type { Card } from '../../../src/core/card.ts';
import { AppError } from '../../../src/core/errors.ts';
import type { Outgoing } from '../../../src/core/outgoing.ts';
import type { Platform } from '../../../src/core/platform.ts';
import { RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import type { Wire } from '../../sim/discord/validate.ts';
import { discordWorld } from './world.ts';

const forever = new AbortController().signal;
let world: Awaited<ReturnType<typeof discordWorld>>;
let running: Platform[] = [];
let keys = 0;

beforeEach(async () => {
  world = await discordWorld();
});
afterEach(async () => {
  for (const platform of running) await platform.stop();
  running = [];
  await world.close();
});

async function ready(options: Record<string, unknown> = {}) {
  const sink = new RecordingSink();
  const platform = world.create(options);
  running.push(platform);
  await platform.start(sink, forever);
  await waitUntil('it is ready', () => sink.lastState === 'ready');
  return { platform, sink };
}
async function send(platform: Platform, to: Address, content: Outgoing, key = `k${keys++}`) {
  const refs = [];
  for (const [at, part] of platform.render(content, to).entries())
    refs.push(await platform.send(to, part, `${key}.${at}`, forever));
  return refs;
}
const say = (markdown: string): Outgoing => ({ kind: 'text', markdown });
const mention = () => `<@${world.sim.botId}>`;

describe('sends', () => {
  test('quotes the message it answers, and does without when that is gone', async () => {
    const { platform, sink } = await ready();
    const asked = world.sim.says(world.dm, world.ann, 'question');
    await waitUntil('it arrives', () => sink.messages.length === 1);
    const to = sink.messages[0]?.address ?? world.direct;
    await send(platform, to, say('answer'));
    expect(world.sim.botMessages(world.dm.id).at(-1)?.extra.message_reference).toMatchObject({
      message_id: asked.id,
    });
    world.sim.deletes(asked);
    await send(platform, to, say('late answer'));
    expect(world.sim.botMessages(world.dm.id)).toHaveLength(2);
  });

  test('a lost answer is settled by the echo, also after a restart and when the service has forgotten the key', async () => {
    const first = await ready();
    world.faults.swallowNextSend();
    await expect(send(first.platform, world.direct, say('once'), 'lost')).rejects.toMatchObject({
      kind: 'ambiguous',
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await first.platform.stop();
    const [sent] = world.sim.botMessages(world.dm.id);
    if (sent) delete (sent as { nonce?: string }).nonce;
    const { platform } = await ready();
    expect(await send(platform, world.direct, say('once'), 'lost')).toMatchObject([{ message: sent?.id }]);
    expect(world.sim.botMessages(world.dm.id)).toHaveLength(1);
    const found = await platform.preview.find(world.direct, 'lost.0');
    expect(found?.ref?.message).toBe(sent?.id);
  });

  test.each([
    [403, 50013, 'permission'],
    [403, 50007, 'permission'],
    [404, 10003, 'not_found'],
    [400, 50035, 'validation'],
    [413, 40005, 'validation'],
    [401, 0, 'auth'],
    [500, 0, 'ambiguous'],
  ])('status %s with code %s is %s', async (status, code, kind) => {
    const { platform } = await ready();
    world.sim.fault(/^POST \/channels\/\d+\/messages/, { kind: 'status', status, code });
    const error = await send(platform, world.direct, say('x')).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).kind).toBe(kind);
    await send(platform, world.direct, say('works again'));
  });

  test('a refusal is one call: nothing is retried behind our back', async () => {
    const { platform } = await ready();
    world.faults.rateLimitNextSend(60_000);
    const before = world.sim.calls.length;
    await expect(send(platform, world.direct, say('x'))).rejects.toMatchObject({ kind: 'rate_limit' });
    expect(world.sim.calls.length).toBe(before + 1);
  });
});

test('a text can become a card and a card a text', async () => {
  const { platform } = await ready();
  const [ref] = await send(platform, world.direct, say('words'));
  const card: Card = { title: 'Box', blocks: [{ kind: 'buttons', rows: [[{ label: 'Go', data: 'go' }]] }] };
  const [boxed] = platform.render({ kind: 'card', card }, world.direct);
  const [worded] = platform.render(say('words again'), world.direct);
  if (!ref || !boxed || !worded) throw new Error('nothing rendered');
  await platform.edit?.(ref, boxed, forever);
  expect(world.botMessages()).toMatchObject([{ text: 'Box', buttons: ['Go'] }]);
  await platform.edit?.(ref, worded, forever);
  expect(world.botMessages()).toMatchObject([{ text: 'words again', buttons: [] }]);
});

describe('files', () => {
  test('an attachment is streamed to disk under the cap, and fetched again when its address has expired', async () => {
    const { platform, sink } = await ready();
    const folder = await mkdtemp(join(tmpdir(), 'discord-files-'));
    try {
      const attachment = world.sim.attachment('a.txt', Buffer.from('content'), 'text/plain');
      const message = world.sim.says(world.dm, world.ann, '', { attachments: [{ ...attachment }] });
      await waitUntil('it arrives', () => sink.messages.length === 1);
      const file = sink.messages[0]?.files?.[0];
      if (!file) throw new Error('no file');
      const target = join(folder, 'a');
      expect(await platform.files?.download(file, target, 100, forever)).toMatchObject({
        bytes: 7,
        name: 'a.txt',
      });
      expect(await readFile(target, 'utf8')).toBe('content');
      await expect(platform.files?.download(file, target, 3, forever)).rejects.toMatchObject({
        kind: 'validation',
      });
      await expect(
        platform.files?.download({ ...file, size: undefined }, join(folder, 'b'), 3, forever),
      ).rejects.toMatchObject({ kind: 'validation' });
      const fresh = world.sim.attachment('a.txt', Buffer.from('renewed'), 'text/plain');
      message.attachments = [{ ...fresh, id: attachment.id }];
      world.sim.files.delete(new URL(String(attachment.url)).pathname);
      await platform.files?.download(file, join(folder, 'c'), 100, forever);
      expect(await readFile(join(folder, 'c'), 'utf8')).toBe('renewed');
      world.sim.deletes(message);
      await expect(platform.files?.download(file, target, 100, forever)).rejects.toMatchObject({
        kind: 'not_found',
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('a file goes out with its caption; one that is missing or too large is told as such', async () => {
    const { platform } = await ready();
    const folder = await mkdtemp(join(tmpdir(), 'discord-files-'));
    try {
      const path = join(folder, 'r.png');
      await writeFile(path, 'x'.repeat(2000));
      const file = { kind: 'image', path, name: 'r.png', mime: 'image/png', size: 2000 } as const;
      await send(platform, world.direct, { kind: 'file', file, caption: 'the **chart**' });
      const sent = world.sim.botMessages(world.dm.id).at(-1);
      expect(sent?.content).toBe('the **chart**');
      expect(sent?.attachments).toMatchObject([{ filename: 'r.png', size: 2000 }]);
      world.sim.uploadLimit = 10;
      await expect(send(platform, world.direct, { kind: 'file', file })).rejects.toMatchObject({
        kind: 'validation',
        advice: expect.stringContaining('max_upload_mb'),
      });
      await rm(path);
      await expect(send(platform, world.direct, { kind: 'file', file })).rejects.toMatchObject({
        kind: 'missing',
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('threads', () => {
  test('with isolation the first answer opens a thread from the message, and the talk goes on there', async () => {
    const { platform, sink } = await ready({ thread_isolation: true });
    const asked = world.sim.says(world.general, world.ann, `${mention()} fix the build`);
    await waitUntil('it arrives', () => sink.messages.length === 1);
    expect(world.sim.channels.has(asked.id)).toBe(false);
    const to = JSON.parse(JSON.stringify(sink.messages[0]?.address)) as Address;
    await Promise.all([
      send(platform, to, say('on it')),
      platform.activity?.show(to, forever, async () => undefined),
    ]);
    const thread = world.sim.channels.get(asked.id);
    expect(thread).toMatchObject({ parent: world.general.id, name: 'fix the build' });
    expect(world.sim.botMessages(asked.id)).toHaveLength(1);
    if (thread) world.sim.says(thread, world.ann, 'and the tests');
    await waitUntil('it arrives', () => sink.messages.length === 2);
    const keysSeen = sink.messages.map(({ address, sender }) => platform.sessionKey(address, sender));
    expect(keysSeen).toEqual([`discord:${asked.id}`, `discord:${asked.id}`]);
    await platform.stop();
    const again = await ready({ thread_isolation: true });
    await send(again.platform, to, say('done'));
    expect(world.sim.botMessages(asked.id)).toHaveLength(2);
  });

  test('where no thread may be opened the answer goes to the channel', async () => {
    const { platform, sink } = await ready({ thread_isolation: true });
    world.sim.says(world.general, world.ann, `${mention()} hi`);
    await waitUntil('it arrives', () => sink.messages.length === 1);
    world.sim.fault(/threads$/, { kind: 'status', status: 403, code: 50013 });
    await send(platform, sink.messages[0]?.address ?? world.direct, say('here then'));
    expect(world.sim.botMessages(world.general.id)).toHaveLength(1);
  });

  test('a thread of its own can be opened in a channel', async () => {
    const { platform } = await ready();
    const channel = platform.parseSessionKey(`discord:${world.general.id}:${world.ann.id}`);
    if (!channel) throw new Error('no address');
    const address = await platform.threads?.open(channel, 'Nightly report', forever);
    if (!address) throw new Error('no thread');
    await send(platform, address, say('all green'));
    expect(world.sim.channels.get(address.chat)).toMatchObject({
      name: 'Nightly report',
      parent: world.general.id,
    });
    expect(platform.sessionKey(address, { id: '5' })).toBe(`discord:${address.chat}`);
    await expect(platform.threads?.open(world.direct, 'x', forever)).rejects.toMatchObject({
      kind: 'validation',
    });
  });
});

describe('buttons, menus and forms', () => {
  const form: Card = {
    title: 'Questions',
    blocks: [
      {
        kind: 'form',
        fields: [
          {
            kind: 'choice',
            name: 'q0',
            label: 'Which colours?',
            multiple: true,
            options: [
              { label: 'Red', value: 'Red' },
              { label: 'Blue', value: 'Blue', description: 'like the sky' },
            ],
          },
          { kind: 'text', name: 't0', label: 'Own words' },
        ],
        submit: { label: 'Send', data: 'f:abc' },
      },
    ],
  };
  const parts = (id: string | undefined) =>
    world.sim.find(world.dm.id, id ?? '').components.flatMap((row) => row.components as Wire[]);
  const use = (id: string, data: Wire) =>
    world.sim.interact(world.dm, world.ann, 3, data, world.sim.find(world.dm.id, id));

  test('choices are kept over a restart until the form is sent', async () => {
    const first = await ready();
    const [ref] = await send(first.platform, world.direct, { kind: 'card', card: form });
    const id = ref?.message ?? '';
    const menu = parts(id).find(({ type }) => type === 3);
    const chosen = use(id, { custom_id: menu?.custom_id, component_type: 3, values: ['Blue', 'Red'] });
    await waitUntil('it is acknowledged', () => chosen.acks.length === 1);
    expect(chosen.acks[0]?.type).toBe(6);
    expect(first.sink.actions).toHaveLength(0);
    await first.platform.stop();
    const { sink } = await ready();
    sink.reply = { toast: 'Thanks' };
    expect(await world.sim.press(world.dm, world.ann, id, 'Send')).toBe('Thanks');
    expect(sink.actions[0]).toMatchObject({
      data: 'f:abc',
      form: { q0: ['Blue', 'Red'] },
      source: { message: id },
    });
  });

  test('own words are asked for in a window that names the question', async () => {
    const { platform, sink } = await ready();
    const [ref] = await send(platform, world.direct, { kind: 'card', card: form });
    const id = ref?.message ?? '';
    const button = parts(id).find(({ label }) => String(label).includes('Own words'));
    const asked = use(id, { custom_id: button?.custom_id, component_type: 2 });
    await waitUntil('the window opens', () => asked.acks.length === 1);
    const modal = asked.acks[0] as {
      type: number;
      data: { custom_id: string; title: string; components: Wire[] };
    };
    expect(modal.type).toBe(9);
    expect(JSON.stringify(modal.data.components)).toContain('Which colours?');
    const typed = { type: 1, components: [{ type: 4, custom_id: 't0', value: ' green, please ' }] };
    const sent = world.sim.interact(
      world.dm,
      world.ann,
      5,
      { custom_id: modal.data.custom_id, components: [typed] },
      world.sim.find(world.dm.id, id),
    );
    await waitUntil('it arrives', () => sink.actions.length === 1);
    expect(sent.acks[0]?.type).toBe(6);
    expect(sink.actions[0]).toMatchObject({ data: 'f:abc', form: { t0: 'green, please' } });
  });

  test('a press is acknowledged before the engine has answered, and its confirmation goes by itself', async () => {
    const { platform, sink } = await ready();
    const card: Card = { blocks: [{ kind: 'buttons', rows: [[{ label: 'Go', data: 'go' }]] }] };
    const [ref] = await send(platform, world.direct, { kind: 'card', card });
    let release: (reply: object) => void = () => undefined;
    sink.action = (action) => {
      sink.actions.push(action);
      return new Promise((resolve) => {
        release = resolve;
      });
    };
    const pressed = use(ref?.message ?? '', {
      custom_id: parts(ref?.message)[0]?.custom_id,
      component_type: 2,
    });
    await waitUntil('it is acknowledged', () => pressed.acks.length === 1 && sink.actions.length === 1);
    expect(pressed.said).toEqual([]);
    release({ toast: 'Gone' });
    await waitUntil('it is confirmed', () => pressed.said[0] === 'Gone');
    expect(pressed.followUps.every(({ ephemeral }) => ephemeral)).toBe(true);
    await waitUntil('the confirmation is gone', () => pressed.followUps.length === 0);
  });

  test('pressing twice gives two actions with keys of their own, and a press that was not stored is offered again', async () => {
    const { platform, sink } = await ready();
    const card: Card = { blocks: [{ kind: 'buttons', rows: [[{ label: 'Go', data: 'go' }]] }] };
    const [ref] = await send(platform, world.direct, { kind: 'card', card });
    sink.refusing = true;
    const pressed = use(ref?.message ?? '', {
      custom_id: parts(ref?.message)[0]?.custom_id,
      component_type: 2,
    });
    await waitUntil('it is offered', () => sink.actions.length > 1);
    expect(pressed.acks).toHaveLength(1);
    sink.refusing = false;
    sink.reply = { toast: 'Stored' };
    await waitUntil('it is stored', () => pressed.said[0] === 'Stored');
    const offered = new Set(sink.actions.map(({ dedupeKey }) => dedupeKey));
    await world.press(ref?.message ?? '', 'Go');
    expect(offered.size).toBe(1);
    expect(offered.has(sink.actions.at(-1)?.dedupeKey ?? '')).toBe(false);
  });

  test('a button of another making is acknowledged and left alone', async () => {
    const { platform, sink } = await ready();
    const [ref] = await send(platform, world.direct, say('x'));
    const pressed = use(ref?.message ?? '', { custom_id: 'unknown thing', component_type: 2 });
    await waitUntil('it is acknowledged', () => pressed.acks.length === 1);
    expect(sink.actions).toEqual([]);
  });
});

describe('commands', () => {
  const entries = [
    { name: 'Model', description: 'choose a model' },
    { name: 'bad name!', description: 'left out' },
    { name: 'mode', description: '' },
    { name: 'model', description: 'again' },
  ];

  test('are published with an option in names Discord takes, at once in one server, and not again unchanged', async () => {
    const { platform } = await ready({ guild_id: world.sim.guild });
    await platform.menu?.publish(entries, forever);
    expect(world.sim.commandsAt).toBe(`/guilds/${world.sim.guild}`);
    expect(world.sim.commands?.map(({ name }) => name)).toEqual(['model', 'mode']);
    expect(world.sim.commands?.[0]?.options).toMatchObject([
      { name: 'args', required: false, autocomplete: true },
    ]);
    world.sim.commands = undefined;
    await platform.menu?.publish(entries, forever);
    expect(world.sim.commands).toBeUndefined();
  });

  test('arrive as text, become a line all can see, and are completed from what was typed before', async () => {
    const { sink } = await ready();
    const options = [{ name: 'args', type: 3, value: 'opus' }];
    const used = world.sim.interact(world.general, world.ann, 2, { name: 'model', options });
    await waitUntil('it arrives', () => sink.messages.length === 1);
    expect(sink.messages[0]).toMatchObject({
      text: '/model opus',
      dedupeKey: `c:${used.id}`,
      sender: { language: 'de' },
      address: { chat: world.general.id, direct: false },
    });
    await waitUntil('it is shown', () => used.original?.content === '-# /model opus');
    expect(used.acks).toMatchObject([{ type: 5 }]);
    const typing = [{ name: 'args', type: 3, value: 'op', focused: true }];
    const asked = world.sim.interact(world.general, world.ann, 4, { name: 'model', options: typing });
    await waitUntil('choices come', () => asked.acks.length === 1);
    expect(asked.acks[0]).toMatchObject({ type: 8, data: { choices: [{ name: 'opus', value: 'opus' }] } });
  });

  const typing = (text: string) =>
    world.sim.interact(world.general, world.ann, 4, {
      name: 'model',
      options: [{ name: 'args', type: 3, value: text, focused: true }],
    });

  test('are completed from what the engine suggests, within what Discord takes', async () => {
    const { sink } = await ready();
    sink.suggestions = [
      { value: 'opus', label: `Opus ${'x'.repeat(200)}` },
      { value: 'v'.repeat(101), label: 'too long' },
      ...Array.from({ length: 30 }, (_, at) => ({ value: `m${at}`, label: `Model ${at}` })),
    ];
    const asked = typing('o');
    await waitUntil('choices come', () => asked.acks.length === 1);
    const { choices } = (asked.acks[0] as { data: { choices: { name: string; value: string }[] } }).data;
    expect(choices).toHaveLength(25);
    expect(choices[0]?.value).toBe('opus');
    expect(Math.max(...choices.map(({ name }) => name.length))).toBe(100);
    expect(sink.typed[0]).toMatchObject({ command: 'model', text: 'o', address: { chat: world.general.id } });
  });

  test('are answered in time without suggestions when these take too long', async () => {
    const { sink } = await ready();
    sink.suggestAfterMs = 60_000;
    const begun = Date.now();
    const asked = typing('o');
    await waitUntil('an answer comes', () => asked.acks.length === 1);
    expect(Date.now() - begun).toBeLessThan(3000);
    expect(asked.acks[0]).toMatchObject({ type: 8, data: { choices: [] } });
  });

  test('leave nothing behind where they are refused', async () => {
    const { sink } = await ready();
    sink.input = async () => 'refused';
    const used = world.sim.interact(world.general, world.ann, 2, { name: 'status' });
    await waitUntil('it is acknowledged', () => used.acks.length === 1);
    await waitUntil('it is gone', () => world.sim.botMessages(world.general.id).length === 0);
  });
});

describe('signs of life', () => {
  test('typing leaves nothing to clear; a reaction is noted before it is set and replaced at the end', async () => {
    const { platform, sink } = await ready();
    expect(await platform.activity?.show(world.direct, forever, async () => undefined)).toBeUndefined();
    expect(world.sim.typing).toBe(1);
    await platform.stop();
    const reacting = await ready({ reaction_emoji: '👀', done_emoji: '✅' });
    const asked = world.sim.says(world.dm, world.ann, 'go');
    await waitUntil('it arrives', () => reacting.sink.messages.length + sink.messages.length >= 1);
    const to = { ...world.direct, replyTo: asked.id };
    let noted = 0;
    const ref = await reacting.platform.activity?.show(to, forever, async () => {
      expect(asked.reactions).toEqual([]);
      noted++;
    });
    expect(asked.reactions).toEqual(['👀']);
    await reacting.platform.activity?.show(to, forever, async () => void noted++);
    expect(noted).toBe(1);
    if (ref) await reacting.platform.activity?.clear(ref, 'done', forever);
    expect(asked.reactions).toEqual(['✅']);
    world.sim.deletes(asked);
    if (ref) await reacting.platform.activity?.clear(ref, 'failed', forever);
  });

  test('a preview that is gone is sent anew, and one with people to notify becomes a message of its own', async () => {
    const { platform } = await ready();
    const preview = platform.preview;
    if (!preview) throw new Error('no preview');
    const ref = await preview.open(world.direct, { markdown: 'so far', status: 'reading' }, 'p', forever);
    expect(world.sim.botMessages(world.dm.id)[0]?.content).toBe('so far\n-# reading');
    expect(await preview.open(world.direct, { markdown: 'so far' }, 'p', forever)).toEqual(ref);
    const [part] = platform.render(
      { kind: 'text', markdown: 'hi', mentions: [String(world.ann.id)] },
      world.direct,
    );
    if (!part) throw new Error('no part');
    expect(await preview.finish(ref, part, forever)).toBe('resend');
    expect(world.sim.botMessages(world.dm.id)).toEqual([]);
    expect(await preview.finish(ref, part, forever)).toBe('resend');
  });
});

test('edits and deletions of people arrive behind their message', async () => {
  const { sink } = await ready();
  const message = world.sim.says(world.dm, world.ann, 'one');
  world.sim.edits(message, 'two');
  world.sim.deletes(message);
  await waitUntil('all arrive', () => sink.inputs.length === 3);
  expect(sink.inputs.map(({ kind }) => kind)).toEqual(['message', 'edit', 'recall']);
});

test('a place is described by its name', async () => {
  const { platform } = await ready();
  expect(await platform.describe?.({ ...world.direct, chat: world.general.id }, forever)).toEqual({
    kind: 'group',
    title: '#general',
  });
  expect(await platform.describe?.(world.direct, forever)).toEqual({ kind: 'direct' });
});
