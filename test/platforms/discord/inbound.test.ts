import { describe, expect, test } from 'vitest';
import { type AccountId, asId } from '../../../src/core/ids.ts';
import type { MessageInbound } from '../../../src/core/inbound.ts';
import { type Reading, readEdit, readMessage, readRecall } from '../../../src/platforms/discord/inbound.ts';
import { parseOptions } from '../../../src/platforms/discord/options.ts';
import { Places } from '../../../src/platforms/discord/places.ts';
import { makeSessionKey } from '../../../src/platforms/discord/session-keys.ts';
import { ann, BOT, dmText, GUILD, guildText, ROLE, THREAD, voice } from './payloads.ts';

const token = `${Buffer.from(BOT).toString('base64url')}.abc.def`;

function context(options: Record<string, unknown> = {}) {
  const places = new Places(BOT);
  places.learn({
    op: 0,
    s: 1,
    t: 'GUILD_CREATE',
    d: {
      id: GUILD,
      roles: [{ id: ROLE, tags: { bot_id: BOT } }],
      channels: [{ id: guildText.channel_id, type: 0 }],
      threads: [{ id: THREAD, type: 11, parent_id: guildText.channel_id, owner_id: BOT }],
    },
  } as never);
  return { account: asId<AccountId>(`discord:${BOT}`), options: parseOptions({ token, ...options }), places };
}
const read = (message: object, options: Record<string, unknown> = {}): Reading =>
  readMessage(message as Record<string, unknown>, context(options));
function taken(message: object, options: Record<string, unknown> = {}): MessageInbound {
  const reading = read(message, options);
  if (reading.kind !== 'input' || reading.input.kind !== 'message') throw new Error(JSON.stringify(reading));
  return reading.input;
}

test('a direct text carries place, sender and clock', () => {
  expect(taken(dmText)).toMatchObject({
    dedupeKey: `m:${dmText.id}`,
    address: { chat: dmText.channel_id, direct: true, user: ann.id, replyTo: dmText.id },
    sender: { id: ann.id, name: 'Ann L.', username: 'ann' },
    text: 'hello **bot**',
    addressed: true,
  });
  expect(new Date(taken(dmText).at).getUTCFullYear()).toBe(2024);
});

describe('in servers', () => {
  test.each([
    ['a mention', { content: `<@${BOT}> do it`, mentions: [{ id: BOT }] }],
    ['a mention with the old mark', { content: `do it <@!${BOT}>`, mentions: [{ id: BOT }] }],
    ['the bot’s own role', { content: `<@&${ROLE}> do it`, mention_roles: [ROLE] }],
    [
      'a reply to the bot',
      { content: 'do it', type: 19, referenced_message: { id: '1', author: { id: BOT } } },
    ],
  ])('%s addresses the bot and the mention is stripped', (_name, extra) => {
    expect(taken({ ...guildText, ...extra }).text).toBe('do it');
  });

  test('what mentions nobody, somebody else or everybody is not for the bot', () => {
    expect(read(guildText)).toMatchObject({ kind: 'ignored', why: 'not addressed' });
    expect(read({ ...guildText, content: '<@55555>', mentions: [{ id: '55555' }] }).kind).toBe('ignored');
    expect(read({ ...guildText, content: '@everyone', mention_everyone: true }).kind).toBe('ignored');
  });

  test.each([
    ['group_reply_all', { group_reply_all: true }, {}],
    ['group_reply_all_guilds', { group_reply_all_guilds: `1234567, ${GUILD}` }, {}],
    [
      'respond_to_at_everyone_and_here',
      { respond_to_at_everyone_and_here: true },
      { mention_everyone: true },
    ],
  ])('%s takes it too', (_name, options, extra) => {
    expect(taken({ ...guildText, ...extra }, options).address.direct).toBe(false);
  });

  test('other people’s mentions become their names', () => {
    const mentions = [{ id: BOT }, { id: '777777', username: 'bo', member: { nick: 'Bo' } }];
    expect(taken({ ...guildText, content: `<@${BOT}> ask <@777777> now`, mentions }).text).toBe(
      'ask @Bo now',
    );
  });

  test('own messages, bots, webhooks and service messages are not for us', () => {
    const open = { group_reply_all: true };
    expect(read({ ...guildText, author: { id: BOT, bot: true } }, open)).toMatchObject({
      why: 'own message',
    });
    expect(read({ ...guildText, author: { ...ann, bot: true } }, open)).toMatchObject({ why: 'another bot' });
    expect(read({ ...guildText, webhook_id: '5' }, open)).toMatchObject({ why: 'webhook' });
    expect(read({ ...guildText, type: 7 }, open)).toMatchObject({ why: 'service message' });
  });
});

describe('session keys are those of the Go cc-connect', () => {
  const key = (message: object, options: Record<string, unknown> = {}) =>
    makeSessionKey(
      taken(message, { group_reply_all: true, ...options }).address,
      ann.id,
      options.share_session_in_channel === true,
    );
  test('per person, shared, and per thread', () => {
    expect(key(guildText)).toBe(`discord:${guildText.channel_id}:${ann.id}`);
    expect(key(guildText, { share_session_in_channel: true })).toBe(`discord:${guildText.channel_id}`);
    expect(key({ ...guildText, channel_id: THREAD })).toBe(`discord:${THREAD}:${ann.id}`);
    expect(key({ ...guildText, channel_id: THREAD }, { thread_isolation: true })).toBe(`discord:${THREAD}`);
  });
  test('with isolation a first message has the key of the thread it will get', () => {
    expect(key(guildText, { thread_isolation: true })).toBe(`discord:${guildText.id}`);
    expect(taken(guildText, { thread_isolation: true, group_reply_all: true }).address.extra).toEqual({
      parent: guildText.channel_id,
      root: guildText.id,
    });
  });
  test('in a thread of the bot no mention is needed, in others it is', () => {
    expect(read({ ...guildText, channel_id: THREAD }, { thread_isolation: true }).kind).toBe('input');
    expect(read({ ...guildText, channel_id: THREAD }).kind).toBe('ignored');
  });
});

describe('content', () => {
  test('attachments become files of their kind, with name, type and size', () => {
    const attachments = [
      {
        id: '1',
        filename: 'a.png',
        content_type: 'image/png',
        size: 5,
        url: 'https://cdn.discordapp.com/a.png',
      },
      {
        id: '2',
        filename: 'b.txt',
        content_type: 'text/plain; charset=utf-8',
        size: 6,
        url: 'https://x/b.txt',
      },
      { id: '3', filename: 'c.mp4', content_type: 'video/mp4', size: 7, url: 'https://x/c.mp4' },
    ];
    const { files, text } = taken({ ...dmText, content: '', attachments });
    expect(text).toBe('');
    expect(files?.map(({ kind, name, mime, size }) => [kind, name, mime, size])).toEqual([
      ['image', 'a.png', 'image/png', 5],
      ['file', 'b.txt', 'text/plain', 6],
      ['video', 'c.mp4', 'video/mp4', 7],
    ]);
  });

  test('a voice message is a voice', () => {
    expect(taken(voice).files?.[0]).toMatchObject({ kind: 'voice', mime: 'audio/ogg' });
  });

  test('a reply carries what it answers', () => {
    const referenced_message = { id: '99', content: 'the question', author: { id: BOT, username: 'bot' } };
    const message = { ...dmText, type: 19, message_reference: { message_id: '99' }, referenced_message };
    expect(taken(message).quoted).toEqual({ message: '99', sender: 'bot', text: 'the question', own: true });
  });

  test('forwards, stickers and polls are described in words', () => {
    const snapshot = {
      message: { content: 'old news', attachments: [{ url: 'https://x/f', filename: 'f' }] },
    };
    const forward = taken({ ...dmText, content: '', message_snapshots: [snapshot] });
    expect(forward.extra).toBe('[Forwarded] old news');
    expect(forward.files).toHaveLength(1);
    expect(taken({ ...dmText, content: '', sticker_items: [{ name: 'Wave' }] }).extra).toBe('[Sticker Wave]');
    const poll = {
      question: { text: 'Tea?' },
      answers: [{ poll_media: { text: 'Yes' } }, { poll_media: { text: 'No' } }],
    };
    expect(taken({ ...dmText, content: '', poll }).extra).toBe('[Poll: Tea? — Yes / No]');
  });

  test('an empty message is nothing', () => {
    expect(read({ ...dmText, content: '' })).toMatchObject({ why: 'nothing in it' });
  });
});

test('an edit is keyed by its time; a link preview is no edit', () => {
  const edited = { ...dmText, content: 'better', edited_timestamp: '2024-05-01T10:00:00.000000+00:00' };
  const reading = readEdit(edited, context());
  expect(reading).toMatchObject({
    input: { kind: 'edit', dedupeKey: `e:${dmText.id}:${edited.edited_timestamp}`, text: 'better' },
  });
  expect(readEdit({ ...dmText, edited_timestamp: null }, context()).kind).toBe('ignored');
});

test('a deleted message is a recall', () => {
  expect(readRecall({ id: '123456', channel_id: '654321' }, context())).toMatchObject({
    input: { kind: 'recall', message: '123456', address: { chat: '654321', direct: true } },
  });
});

test('shapes the service never sends throw a TypeError and nothing else', () => {
  const junk = [null, 0, '', 'x', [], {}, true, { id: null }];
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  const damage = (value: unknown, depth = 0): unknown => {
    if (random() < 0.1) return junk[Math.floor(random() * junk.length)];
    if (typeof value !== 'object' || value === null || depth > 6) return value;
    if (Array.isArray(value)) return value.map((item) => damage(item, depth + 1));
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, damage(item, depth + 1)]));
  };
  const known = context({ group_reply_all: true, thread_isolation: true });
  let read = 0;
  for (let at = 0; at < 6000; at++) {
    const sample = [guildText, dmText, voice][at % 3];
    const damaged = damage(sample);
    if (typeof damaged !== 'object' || damaged === null || Array.isArray(damaged)) continue;
    for (const reader of [readMessage, readEdit, readRecall]) {
      try {
        const reading = reader(damaged as Record<string, unknown>, known);
        if (reading.kind === 'input') {
          read++;
          expect(typeof reading.input.dedupeKey).toBe('string');
          expect(reading.input.address.chat).toMatch(/^\d+$/);
          expect(JSON.parse(JSON.stringify(reading.input))).toEqual(reading.input);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
      }
    }
  }
  expect(read).toBeGreaterThan(500);
});
