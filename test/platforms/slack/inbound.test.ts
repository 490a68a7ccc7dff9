import { describe, expect, test } from 'vitest';
import { type AccountId, asId } from '../../../src/core/ids.ts';
import {
  type InboundContext,
  readAction,
  readCommand,
  readEvent,
} from '../../../src/platforms/slack/inbound.ts';
import { makeSessionKey, readSessionKey } from '../../../src/platforms/slack/place.ts';
import { readText } from '../../../src/platforms/slack/text.ts';
import type { Wire } from '../../../src/platforms/slack/wire.ts';

const account = asId<AccountId>('slack:1-2');
const context = (more: Partial<InboundContext['options']> = {}, active = false): InboundContext => ({
  account,
  bot: { userId: 'U0BOT', botId: 'B0BOT', teamId: 'T1' },
  options: { scope: 'user', groupReplyAll: false, allowChat: [], ...more },
  nameOf: () => undefined,
  isActive: () => active,
});
const input = (event: Wire, how = context()) => {
  const reading = readEvent(event, how);
  if (reading.kind !== 'input') throw new Error(`ignored: ${reading.why}`);
  return reading.input;
};

/** As the service sends them, ids changed. */
const recorded = {
  direct: {
    client_msg_id: '3c1f7a7e-52c6-4b7d-9c61-a0cfa1c9d2f3',
    type: 'message',
    text: 'list &lt;files&gt; in <https://example.com/a_b|example.com/a_b>',
    user: 'U0ANN',
    ts: '1700000000.000100',
    team: 'T1',
    blocks: [{ type: 'rich_text', block_id: 'x', elements: [] }],
    channel: 'D0ANN',
    event_ts: '1700000000.000100',
    channel_type: 'im',
  },
  mention: {
    type: 'app_mention',
    user: 'U0ANN',
    text: '<@U0BOT> /new please',
    ts: '1700000001.000200',
    channel: 'C0TEAM',
    event_ts: '1700000001.000200',
  },
  file: {
    type: 'message',
    subtype: 'file_share',
    text: '',
    files: [
      {
        id: 'F0PNG',
        name: 'shot.png',
        mimetype: 'image/png',
        mode: 'hosted',
        size: 1234,
        url_private: 'https://files.slack.com/files-pri/T1-F0PNG/shot.png',
        url_private_download: 'https://files.slack.com/files-pri/T1-F0PNG/download/shot.png',
      },
      {
        id: 'F0VOICE',
        name: 'audio_message.m4a',
        subtype: 'slack_audio',
        mimetype: 'audio/mp4',
        transcription: { status: 'complete', preview: { content: 'run the tests', has_more: false } },
      },
      { id: 'F0GONE', mode: 'tombstone' },
    ],
    user: 'U0ANN',
    ts: '1700000002.000300',
    channel: 'D0ANN',
    channel_type: 'im',
  },
  changed: {
    type: 'message',
    subtype: 'message_changed',
    message: {
      type: 'message',
      text: 'better',
      user: 'U0ANN',
      ts: '1700000000.000100',
      edited: { user: 'U0ANN', ts: '1700000009.000000' },
    },
    previous_message: { type: 'message', text: 'good', user: 'U0ANN', ts: '1700000000.000100' },
    channel: 'D0ANN',
    channel_type: 'im',
    ts: '1700000009.000100',
    event_ts: '1700000009.000100',
  },
  deleted: {
    type: 'message',
    subtype: 'message_deleted',
    deleted_ts: '1700000000.000100',
    previous_message: { type: 'message', text: 'good', user: 'U0ANN', ts: '1700000000.000100' },
    channel: 'D0ANN',
    channel_type: 'im',
    event_ts: '1700000010.000100',
  },
  command: {
    token: 'v',
    team_id: 'T1',
    channel_id: 'C0TEAM',
    user_id: 'U0ANN',
    user_name: 'ann',
    command: '/cc',
    text: 'new  branch',
    trigger_id: '1.2.abc',
    response_url: 'https://hooks.slack.com/commands/T1/1/abc',
  },
  press: {
    type: 'block_actions',
    user: { id: 'U0ANN', username: 'ann', name: 'ann', team_id: 'T1' },
    container: {
      type: 'message',
      message_ts: '1700000003.000400',
      channel_id: 'C0TEAM',
      thread_ts: '1700000001.000200',
    },
    channel: { id: 'C0TEAM', name: 'team' },
    message: { type: 'message', ts: '1700000003.000400', thread_ts: '1700000001.000200' },
    state: {
      values: {
        'form.0.0': { colour: { type: 'radio_buttons', selected_option: { value: 'red' } } },
        'form.0.1': { sizes: { type: 'checkboxes', selected_options: [{ value: 's' }, { value: 'm' }] } },
        'form.0.2': { why: { type: 'plain_text_input', value: 'because' } },
        'form.0.3': { empty: { type: 'plain_text_input', value: null } },
      },
    },
    response_url: 'https://hooks.slack.com/actions/T1/1/abc',
    actions: [
      {
        action_id: 'press.form.0.submit',
        block_id: 'b',
        type: 'button',
        value: 'f:1',
        action_ts: '1700000004.000500',
      },
    ],
  },
} as const;

describe('messages', () => {
  test('a direct message carries place, sender, clock and key', () => {
    expect(input(recorded.direct)).toEqual({
      kind: 'message',
      dedupeKey: 'm:D0ANN:1700000000.000100',
      address: { account, chat: 'D0ANN', direct: true, user: 'U0ANN', replyTo: '1700000000.000100' },
      sender: { id: 'U0ANN' },
      at: 1700000000000,
      message: '1700000000.000100',
      text: 'list <files> in https://example.com/a_b',
      addressed: true,
    });
  });

  test('a mention is stripped, and has the same key as the message event that tells of it too', () => {
    const mention = input(recorded.mention);
    const message = input({ ...recorded.mention, type: 'message', channel_type: 'channel' });
    expect(mention).toMatchObject({ text: '/new please', address: { direct: false } });
    expect(message.dedupeKey).toBe(mention.dedupeKey);
  });

  test('files carry what downloading them needs, recordings what was said in them', () => {
    const { files } = input(recorded.file) as { files?: readonly object[] };
    expect(files).toMatchObject([
      { kind: 'image', name: 'shot.png', size: 1234, remote: { id: 'F0PNG' } },
      { kind: 'voice', transcript: 'run the tests', remote: { id: 'F0VOICE' } },
    ]);
  });

  test('a shared message is quoted', () => {
    const event = {
      ...recorded.direct,
      attachments: [{ is_share: true, ts: '1699999999.000100', author_name: 'Ben', text: 'look &amp; see' }],
    };
    expect(input(event)).toMatchObject({
      quoted: { message: '1699999999.000100', sender: 'Ben', text: 'look & see' },
    });
  });

  test.each([
    ['a channel message without mention', { ...recorded.mention, type: 'message', text: 'hi' }],
    ['a mention of somebody else', { ...recorded.mention, type: 'message', text: '<@U0BOTTOM> hi' }],
    ['an own message', { ...recorded.direct, user: 'U0BOT' }],
    ['an own message told by its bot', { ...recorded.direct, user: undefined, bot_id: 'B0BOT' }],
    ['a message of another bot', { ...recorded.direct, bot_id: 'B0OTHER', subtype: 'bot_message' }],
    ['a join', { ...recorded.direct, subtype: 'channel_join' }],
    ['a message without ts', { ...recorded.direct, ts: 7 }],
    ['an empty message', { ...recorded.direct, text: '' }],
    ['a reaction', { type: 'reaction_added', user: 'U0ANN' }],
    [
      'an edit by a link preview',
      { ...recorded.changed, message: { ...recorded.changed.message, text: 'good' } },
    ],
  ])('%s is not for us', (_name, event) => {
    expect(readEvent(event, context()).kind).toBe('ignored');
  });

  test('group_reply_all takes everything said in channels', () => {
    const event = { ...recorded.mention, type: 'message', text: 'hi' };
    expect(input(event, context({ groupReplyAll: true }))).toMatchObject({ text: 'hi' });
  });

  test('only the allowed channels are heard', () => {
    expect(readEvent(recorded.direct, context({ allowChat: ['C0TEAM'] })).kind).toBe('ignored');
    expect(readEvent(recorded.mention, context({ allowChat: ['C0TEAM'] })).kind).toBe('input');
  });

  test('edits and deletions name the message they are about', () => {
    expect(input(recorded.changed)).toMatchObject({
      kind: 'edit',
      message: '1700000000.000100',
      text: 'better',
      dedupeKey: 'e:D0ANN:1700000000.000100:1700000009.000000',
    });
    expect(input(recorded.deleted)).toMatchObject({ kind: 'recall', message: '1700000000.000100' });
  });

  test('the Stop button of an agent session arrives', () => {
    const event = {
      type: 'agent_session_stopped',
      channel_id: 'D0ANN',
      thread_ts: '1700000001.000200',
      user_id: 'U0ANN',
      event_ts: '1700000011.000000',
    };
    expect(input(event)).toMatchObject({ kind: 'stop', address: { thread: '1700000001.000200' } });
  });
});

describe('threads', () => {
  const reply = {
    ...recorded.mention,
    type: 'message',
    text: 'go on',
    thread_ts: '1700000001.000200',
    ts: '1700000005.000000',
  };

  test('with sessions per thread, a message outside of any begins one and what follows there needs no mention', () => {
    const first = input(recorded.mention, context({ scope: 'thread' }));
    const next = input(reply, context({ scope: 'thread' }, true));
    expect(makeSessionKey(first.address, first.sender, 'thread')).toBe('slack:C0TEAM:t:1700000001.000200');
    expect(makeSessionKey(next.address, next.sender, 'thread')).toBe('slack:C0TEAM:t:1700000001.000200');
  });

  test('a reply below a message of the bot is addressed', () => {
    expect(input({ ...reply, parent_user_id: 'U0BOT' })).toMatchObject({ text: 'go on' });
    expect(readEvent(reply, context()).kind).toBe('ignored');
  });
});

describe('commands and presses', () => {
  test.each([
    ['/cc', 'new  branch', '/new  branch'],
    ['/cc', '', '/help'],
    ['/cc', '/stop', '/stop'],
    ['/new', 'branch', '/new branch'],
    ['/new', '', '/new'],
  ])('the slash command %s with "%s" says %s', (command, text, expected) => {
    const reading = readCommand({ ...recorded.command, command, text }, context());
    expect(reading).toMatchObject({
      input: { text: expected, dedupeKey: 's:C0TEAM:1.2.abc', address: { chat: 'C0TEAM', user: 'U0ANN' } },
    });
  });

  test('a press carries its payload, its message and the values of a form', () => {
    expect(readAction(recorded.press, context())).toEqual({
      kind: 'action',
      dedupeKey: 'a:C0TEAM:1700000003.000400:U0ANN:1700000004.000500',
      address: { account, chat: 'C0TEAM', direct: false, user: 'U0ANN', thread: '1700000001.000200' },
      sender: { id: 'U0ANN', name: 'ann' },
      at: 1700000004001,
      data: 'f:1',
      source: { chat: 'C0TEAM', message: '1700000003.000400', thread: '1700000001.000200' },
      form: { colour: 'red', sizes: ['s', 'm'], why: 'because' },
    });
  });

  test('choosing inside a form is no press yet', () => {
    const actions = [{ ...recorded.press.actions[0], type: 'radio_buttons' }];
    expect(readAction({ ...recorded.press, actions }, context())).toBeUndefined();
  });
});

describe('session keys', () => {
  test.each([
    ['slack:C0TEAM:U0ANN', { chat: 'C0TEAM', direct: false, user: 'U0ANN' }],
    ['slack:D0ANN:U0ANN', { chat: 'D0ANN', direct: true, user: 'U0ANN' }],
    ['slack:C0TEAM', { chat: 'C0TEAM', direct: false }],
    ['slack:C0TEAM:t:1700000001.000200', { chat: 'C0TEAM', direct: false, thread: '1700000001.000200' }],
  ])('session keys are those of the Go cc-connect: %s', (key, place) => {
    expect(readSessionKey(key, account)).toEqual({ account, ...place });
  });

  test.each(['slack', 'slack:', 'slack:c', 'slack:C0:t:x', 'slack:C0:U:x:y', 'telegram:1:2'])(
    '"%s" is no key of ours',
    (key) => {
      expect(readSessionKey(key, account)).toBeUndefined();
    },
  );
});

describe('text', () => {
  test.each([
    ['<#C1|general> and <!here>', '#general and @here'],
    ['<!subteam^S1|@devs>', '@devs'],
    ['<mailto:a@b.example|a@b.example>', 'a@b.example'],
    ['<https://e.example/?a=1&amp;b=2>', 'https://e.example/?a=1&b=2'],
    ['<https://e.example|the page>', 'the page (https://e.example)'],
    ['<@U1> a &amp;lt; b', '<@U1> a &lt; b'],
  ])('%s reads %s', (wire, expected) => {
    expect(readText(wire)).toBe(expected);
  });
});
