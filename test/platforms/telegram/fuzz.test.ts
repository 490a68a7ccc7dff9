import type { Update } from '@grammyjs/types';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AccountId, asId } from '../../../src/core/ids.ts';
import type { Platform } from '../../../src/core/platform.ts';
import { addressedAlbum, type Reading, readUpdate } from '../../../src/platforms/telegram/inbound.ts';
import { renderParts } from '../../../src/platforms/telegram/render.ts';
import { RecordingSink, waitUntil } from '../../conformance/recording-sink.ts';
import { parseHtml } from '../../sim/telegram/html.ts';
import { telegramWorld } from './world.ts';

/** The same numbers in every run, so that a failure can be repeated. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

const sample = {
  message_id: 5,
  date: 1700000000,
  from: { id: 42, is_bot: false, first_name: 'Ann', username: 'ann' },
  chat: { id: -1001, type: 'supergroup', title: 'Team' },
  text: '@sim_bot hello /new',
  entities: [
    { type: 'mention', offset: 0, length: 8 },
    { type: 'bot_command', offset: 0, length: 4 },
  ],
  photo: [{ file_id: 'f', file_unique_id: 'u', width: 1, height: 1 }],
  reply_to_message: { message_id: 3, date: 1, chat: { id: 1, type: 'private' }, from: { id: 7 }, text: 'x' },
  forward_origin: { type: 'user', sender_user: { id: 1, first_name: 'Z' }, date: 1 },
  poll: { question: 'q', options: [{ text: 'a' }] },
  media_group_id: 'g',
  rich_message: { blocks: [{ type: 'paragraph', text: 'rich' }] },
};
const kinds = ['message', 'edited_message', 'callback_query', 'stopped_message_generation', 'poll'];
const junk = [
  null,
  undefined,
  0,
  -1,
  1e300,
  '',
  'x',
  true,
  [],
  {},
  [null],
  { id: null },
  '\ud800',
  'a'.repeat(5000),
];

/** Replaces random parts of a value by junk. */
function damage(value: unknown, random: () => number, depth = 0): unknown {
  if (random() < 0.12) return junk[Math.floor(random() * junk.length)];
  if (typeof value !== 'object' || value === null || depth > 6) return value;
  if (Array.isArray(value)) return value.map((item) => damage(item, random, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(() => random() > 0.05)
      .map(([key, inner]) => [key, damage(inner, random, depth + 1)]),
  );
}

function damagedUpdate(random: () => number): object {
  const kind = kinds[Math.floor(random() * kinds.length)] ?? 'message';
  const body =
    kind === 'callback_query'
      ? { id: 'q', from: sample.from, chat_instance: 'i', data: 'd', message: sample }
      : kind === 'stopped_message_generation'
        ? { chat: sample.chat, draft_id: 1 }
        : sample;
  return { [kind]: damage(body, random) };
}

describe('damaged updates', () => {
  let world: Awaited<ReturnType<typeof telegramWorld>>;
  let platform: Platform | undefined;
  beforeEach(async () => {
    world = await telegramWorld();
  });
  afterEach(async () => {
    await platform?.stop();
    await world.close();
  });

  test('[feature: damaged updates] never end the poll, never hold up the messages behind them', async () => {
    const random = numbers(7);
    const sink = new RecordingSink();
    platform = world.create();
    await platform.start(sink, new AbortController().signal);
    for (let i = 0; i < 600; i++) world.sim.pushRaw(damagedUpdate(random));
    world.sim.pushRaw({ update_id: 'none' });
    const { message } = world.sim.userSends(world.ann, 42, 'still here');
    await waitUntil('the message arrives', () =>
      sink.messages.some((input) => input.dedupeKey === `m:42:${message}`),
    );
    await waitUntil('all are confirmed', () => world.sim.pendingUpdates === 0);
    for (const input of [...sink.inputs, ...sink.actions])
      expect(JSON.parse(JSON.stringify(input))).toEqual(input);
    expect(world.log.lines.some((line) => line.message === 'an update could not be read')).toBe(true);
  });

  test('updates whose message is no object are read past', async () => {
    const sink = new RecordingSink();
    platform = world.create();
    for (const body of [null, 7, 'text', []]) world.sim.pushRaw({ message: body });
    await platform.start(sink, new AbortController().signal);
    world.sim.userSends(world.ann, 42, 'fine');
    await waitUntil('the message arrives', () => sink.messages.length === 1);
  });

  test('read alone, give inputs in full or a refusal that names its cause', () => {
    const random = numbers(99);
    const context = {
      account: asId<AccountId>('telegram:7'),
      bot: { id: 7, username: 'sim_bot' },
      groupReplyAll: true,
      addressedAlbums: new Set<string>(),
    };
    let read = 0;
    for (let i = 0; i < 3000; i++) {
      const update = { update_id: i, ...damagedUpdate(random) } as unknown as Update;
      let reading: Reading;
      try {
        addressedAlbum(update, context.bot);
        reading = readUpdate(update, context);
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        continue;
      }
      read++;
      if (reading.kind === 'input')
        expect(reading.input.dedupeKey).toMatch(/^[mesg](:-?\d+)+(:[0-9a-f]{8})?$/);
      if (reading.kind === 'action')
        expect(reading.action.dedupeKey).toMatch(/^c:(?!undefined|null|\[object)/);
    }
    expect(read).toBeGreaterThan(1000);
  });
});

test('whatever an agent writes, the service can parse what is made of it, within the limit', () => {
  const random = numbers(3);
  const scraps = [
    '**',
    '*',
    '_',
    '`',
    '```',
    '\n',
    '\n\n',
    '- ',
    '1. ',
    '> ',
    '| a | b |\n|---|---|\n| c |',
    '<b>',
    '</pre>',
    '&amp;',
    '&',
    '[x](y)',
    '![',
    '](',
    '~~',
    '# ',
    '---',
    'word ',
    '中文',
    '🙂',
    '\\',
    '\t',
    '    ',
    '\ud83d',
    '[^1]',
    'https://a.b/c?d=e&f',
  ];
  for (let i = 0; i < 300; i++) {
    let markdown = '';
    for (let n = 0; n < 60; n++) markdown += scraps[Math.floor(random() * scraps.length)];
    for (const part of renderParts({ kind: 'text', markdown })) {
      const parsed = parseHtml(String(part.body.html));
      expect(parsed, markdown).toMatchObject({ ok: true });
      expect(part.plain.length).toBeLessThanOrEqual(4096);
      expect(part.plain.trim()).not.toBe('');
    }
  }
});
