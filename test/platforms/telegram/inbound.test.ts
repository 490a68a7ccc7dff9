import type { Update } from '@grammyjs/types';
import { describe, expect, test } from 'vitest';
import { asId } from '../../../src/core/ids.ts';
import type { MessageInbound } from '../../../src/core/inbound.ts';
import { addressedAlbum, type InboundContext, readUpdate } from '../../../src/platforms/telegram/inbound.ts';

const ann = {
  id: 42,
  is_bot: false,
  first_name: 'Ann',
  last_name: 'Lee',
  username: 'ann',
  language_code: 'de',
};
const direct = { id: 42, type: 'private', first_name: 'Ann' };
const group = { id: -1001, type: 'supergroup', title: 'Team' };
const me = { id: 7, is_bot: true, first_name: 'Bot', username: 'My_bot' };
const context: InboundContext = {
  account: asId('telegram:7'),
  bot: { id: 7, username: 'My_bot' },
  groupReplyAll: false,
  addressedAlbums: new Set(),
};

const update = (body: object) => ({ update_id: 1, ...body }) as unknown as Update;
const wire = (fields: object) => ({ message_id: 5, date: 1700000000, from: ann, chat: direct, ...fields });
const read = (fields: object, more: Partial<InboundContext> = {}) =>
  readUpdate(update({ message: wire(fields) }), { ...context, ...more });

function message(fields: object, more: Partial<InboundContext> = {}): MessageInbound {
  const reading = read(fields, more);
  if (reading.kind !== 'input' || reading.input.kind !== 'message')
    throw new Error(`not a message: ${JSON.stringify(reading)}`);
  return reading.input;
}

describe('messages', () => {
  test('[feature: text in] a direct text carries place, sender, clock and key', () => {
    expect(message({ text: ' hi there ' })).toEqual({
      kind: 'message',
      dedupeKey: 'm:42:5',
      address: { account: 'telegram:7', chat: '42', direct: true, user: '42', replyTo: '5' },
      sender: { id: '42', name: 'Ann Lee', username: 'ann', language: 'de' },
      at: 1700000000000,
      message: '5',
      text: 'hi there',
      addressed: true,
    });
  });

  test('[feature: photos with captions] a photo gives its largest size, the caption is the text', () => {
    const sizes = [90, 1280, 320].map((width) => ({
      file_id: `f${width}`,
      file_unique_id: `u${width}`,
      width,
      height: width,
      file_size: width * 10,
    }));
    const read = message({ photo: sizes, caption: 'look' });
    expect(read.text).toBe('look');
    expect(read.files).toEqual([
      {
        kind: 'image',
        remote: { file_id: 'f1280', unique_id: 'u1280' },
        name: 'photo-5.jpg',
        mime: 'image/jpeg',
        size: 12800,
      },
    ]);
  });

  test.each([
    ['voice', { voice: { file_id: 'v', file_unique_id: 'u', duration: 3, mime_type: 'audio/ogg' } }, 'voice'],
    ['audio', { audio: { file_id: 'v', file_unique_id: 'u', duration: 3, file_name: 'a.mp3' } }, 'audio'],
    ['video', { video: { file_id: 'v', file_unique_id: 'u', duration: 3 } }, 'video'],
    ['round video', { video_note: { file_id: 'v', file_unique_id: 'u', duration: 3, length: 9 } }, 'video'],
    ['document', { document: { file_id: 'v', file_unique_id: 'u', file_name: 'a.pdf' } }, 'file'],
    [
      'picture as document',
      { document: { file_id: 'v', file_unique_id: 'u', mime_type: 'image/png' } },
      'image',
    ],
  ])('a %s becomes a file of its kind', (_name, fields, kind) => {
    expect(message(fields).files?.map((file) => file.kind)).toEqual([kind]);
  });

  test.each([
    ['location', { location: { latitude: 1.5, longitude: 2.5 } }, '[Location: 1.5, 2.5]'],
    ['sticker', { sticker: { emoji: '😀' } }, '[Sticker 😀]'],
    ['contact', { contact: { first_name: 'Bo', phone_number: '+1' } }, '[Contact: Bo, +1]'],
    ['poll', { poll: { question: 'Q?', options: [{ text: 'a' }, { text: 'b' }] } }, '[Poll: Q? — a / b]'],
    [
      'forward',
      { text: 'x', forward_origin: { type: 'user', sender_user: me, date: 1 } },
      '[Forwarded from Bot]',
    ],
  ])('[feature: other kinds of messages] a %s is described in words', (_name, fields, extra) => {
    expect(message(fields).extra).toBe(extra);
  });

  test('[feature: quotes] a reply carries what it answers, and the quoted part rather than the whole', () => {
    const reply = { message_id: 3, date: 1, chat: direct, from: me, text: 'the whole answer' };
    expect(message({ text: 'why?', reply_to_message: reply }).quoted).toEqual({
      message: '3',
      sender: 'Bot',
      text: 'the whole answer',
      own: true,
    });
    expect(
      message({ text: 'why?', reply_to_message: reply, quote: { text: 'whole', position: 4 } }).quoted?.text,
    ).toBe('whole');
  });

  test('a reply to a message elsewhere carries its author and quote', () => {
    const external_reply = {
      origin: { type: 'hidden_user', sender_user_name: 'Zed', date: 1 },
      message_id: 9,
    };
    expect(message({ text: 'see', external_reply, quote: { text: 'words', position: 0 } }).quoted).toEqual({
      message: '9',
      sender: 'Zed',
      text: 'words',
    });
  });

  test('[feature: albums] album members share a group with a window', () => {
    expect(message({ text: 'x', media_group_id: 'g1' }).group).toEqual({ id: 'g1', windowMs: 700 });
  });

  test('[feature: own messages and those of other bots] service messages, channels, bots and our own messages are not for us', () => {
    expect(read({ new_chat_title: 'x' }).kind).toBe('ignored');
    expect(read({ text: 'x', chat: { id: -1002, type: 'channel', title: 'c' } }).kind).toBe('ignored');
    expect(read({ text: 'x', from: me }).kind).toBe('ignored');
    expect(read({ text: 'x', from: { ...me, id: 8 } }).kind).toBe('ignored');
  });

  test('an anonymous admin speaks as the group', () => {
    const from = { id: 1087968824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' };
    expect(
      message({ text: '/help', entities: command(5), chat: group, from, sender_chat: group }).sender,
    ).toEqual({
      id: '-1001',
      name: 'Team',
    });
  });

  test('[feature: topics] a topic is a thread, in groups and in private chats', () => {
    const fields = { text: 'x', message_thread_id: 77, is_topic_message: true };
    expect(message(fields).address.thread).toBe('77');
    expect(message({ ...fields, chat: group }, { groupReplyAll: true }).address.thread).toBe('77');
    // Replies outside topics carry a thread id as well; that is no place of its own.
    expect(message({ text: 'x', message_thread_id: 77 }).address.thread).toBeUndefined();
  });

  test('the first message in a topic is no reply', () => {
    const created = { message_id: 77, date: 1, chat: group, from: me, forum_topic_created: { name: 't' } };
    const fields = { text: '/help', entities: command(5), chat: group, reply_to_message: created };
    expect(message(fields).quoted).toBeUndefined();
  });
});

const command = (length: number) => [{ type: 'bot_command', offset: 0, length }];
const mention = (offset: number, length: number) => [{ type: 'mention', offset, length }];

describe('in groups', () => {
  test.each([
    ['a command', { text: '/help', entities: command(5) }, '/help'],
    ['a command for the bot', { text: '/new@my_BOT now', entities: command(11) }, '/new now'],
    ['a mention', { text: 'hey @my_bot, do it', entities: mention(4, 7) }, 'hey do it'],
    [
      'a mention in a caption',
      { caption: '@My_bot this', caption_entities: mention(0, 7), photo: [] },
      'this',
    ],
    [
      'a mention without username',
      { text: 'Bot do it', entities: [{ type: 'text_mention', offset: 0, length: 3, user: me }] },
      'Bot do it',
    ],
    [
      'a reply to the bot',
      { text: 'go on', reply_to_message: { message_id: 3, date: 1, chat: group, from: me, text: 'x' } },
      'go on',
    ],
  ])('[feature: mention gating] %s addresses the bot and the mention is stripped', (_name, fields, text) => {
    expect(message({ chat: group, ...fields }).text).toBe(text);
  });

  test.each([
    ['plain talk', { text: 'hello all' }],
    ['a mention of another', { text: '@other hi', entities: mention(0, 6) }],
    ['a command for another bot', { text: '/new@other_bot', entities: command(14) }],
    [
      'a command in the middle',
      { text: 'try /new', entities: [{ type: 'bot_command', offset: 4, length: 4 }] },
    ],
    [
      'a reply to a person',
      { text: 'x', reply_to_message: { message_id: 3, date: 1, chat: group, from: ann, text: 'y' } },
    ],
  ])('[feature: not addressed] %s is not for the bot', (_name, fields) => {
    expect(read({ chat: group, ...fields }).kind).toBe('ignored');
  });

  test('group_reply_all takes everything but commands for other bots', () => {
    expect(message({ chat: group, text: 'hello all' }, { groupReplyAll: true }).text).toBe('hello all');
    expect(
      read({ chat: group, text: '/new@other_bot', entities: command(14) }, { groupReplyAll: true }).kind,
    ).toBe('ignored');
  });

  test('[feature: albums in groups] an album whose caption mentions the bot is taken whole', () => {
    const captioned = update({
      message: wire({
        chat: group,
        media_group_id: 'g9',
        caption: '@my_bot these',
        caption_entities: mention(0, 7),
      }),
    });
    expect(addressedAlbum(captioned, context.bot)).toBe('g9');
    const photo = [{ file_id: 'f', file_unique_id: 'u', width: 1, height: 1 }];
    const member = { chat: group, media_group_id: 'g9', photo };
    expect(read(member).kind).toBe('ignored');
    expect(message(member, { addressedAlbums: new Set(['g9']) }).files).toHaveLength(1);
  });
});

describe('other updates', () => {
  test('[feature: edits] an edit is keyed by its date and words', () => {
    const edit = (text: string) => {
      const reading = readUpdate(update({ edited_message: wire({ text, edit_date: 1700000009 }) }), context);
      return reading.kind === 'input' ? reading.input : undefined;
    };
    expect(edit('new')).toMatchObject({ kind: 'edit', message: '5', text: 'new', at: 1700000009000 });
    expect(edit('new')?.dedupeKey).toMatch(/^e:42:5:1700000009:/);
    expect(edit('new')?.dedupeKey).toBe(edit('new')?.dedupeKey);
    expect(edit('new')?.dedupeKey).not.toBe(edit('newer')?.dedupeKey);
  });

  test('a press carries data, source and who pressed', () => {
    const query = {
      id: 'q1',
      from: ann,
      chat_instance: 'i',
      data: 'a:1:allow',
      message: { message_id: 8, date: 0, chat: group, message_thread_id: 77, is_topic_message: true },
    };
    expect(readUpdate(update({ callback_query: query }), context)).toEqual({
      kind: 'action',
      queryId: 'q1',
      action: {
        kind: 'action',
        dedupeKey: 'c:q1',
        address: { account: 'telegram:7', chat: '-1001', thread: '77', direct: false, user: '42' },
        sender: { id: '42', name: 'Ann Lee', username: 'ann', language: 'de' },
        at: 0,
        data: 'a:1:allow',
        source: { chat: '-1001', message: '8', thread: '77' },
      },
    });
  });

  test('the stop button under a draft is a stop by that person', () => {
    const reading = readUpdate(
      update({ stopped_message_generation: { chat: direct, draft_id: 99 } }),
      context,
    );
    expect(reading).toMatchObject({
      kind: 'input',
      input: {
        kind: 'stop',
        dedupeKey: 's:42:99',
        sender: { id: '42' },
        address: { chat: '42', direct: true },
      },
    });
  });

  test('both sides of a migration are one happening', () => {
    const left = read({ chat: { id: -5, type: 'group', title: 't' }, migrate_to_chat_id: -1005 });
    const right = read({ chat: { ...group, id: -1005 }, migrate_from_chat_id: -5 });
    expect(left).toMatchObject({
      kind: 'input',
      input: { kind: 'migrate', fromChat: '-5', address: { chat: '-1005', direct: false } },
    });
    const key = (reading: typeof left) => (reading.kind === 'input' ? reading.input.dedupeKey : undefined);
    expect(key(left)).toBe(key(right));
  });

  test('an unknown kind is ignored', () => {
    expect(readUpdate(update({ poll: { id: '1' } }), context)).toEqual({
      kind: 'ignored',
      why: 'unknown kind',
    });
  });
});
