import { describe, expect, test } from 'vitest';
import { asId } from '../../../src/core/ids.ts';
import {
  type InboundContext,
  readAction,
  readMessage,
  readRecall,
} from '../../../src/platforms/feishu/inbound.ts';
import { parseOptions } from '../../../src/platforms/feishu/options.ts';
import { addressOf, sessionKeyOf } from '../../../src/platforms/feishu/place.ts';

const bot = 'ou_bot';
const ann = 'ou_ann';
const base = { app_id: 'cli_a1b2c3d4e5f60718', app_secret: 'secret' };

function context(options: Record<string, unknown> = {}, more: Partial<InboundContext> = {}): InboundContext {
  return {
    options: parseOptions('feishu', 'https://open.feishu.cn', { ...base, ...options }),
    account: asId('feishu:cli_a1b2c3d4e5f60718'),
    botOpenId: bot,
    isOwn: () => false,
    isActive: () => false,
    isDirect: () => false,
    nameOf: () => undefined,
    ...more,
  };
}

interface Message {
  type?: string;
  content?: object | string;
  chatType?: string;
  mentions?: object[];
  root?: string;
  parent?: string;
  sender?: object;
}

/** An event as the SDK hands it over: header and event flattened. */
function event(message: Message = {}): Record<string, unknown> {
  const content = message.content ?? { text: 'hello' };
  return {
    schema: '2.0',
    event_id: 'f7984f25108f8137722bb63cee927e66',
    event_type: 'im.message.receive_v1',
    create_time: '1603977298000',
    app_id: base.app_id,
    sender: message.sender ?? {
      sender_id: { open_id: ann, union_id: 'on_ann', user_id: null },
      sender_type: 'user',
      tenant_key: 't',
    },
    message: {
      message_id: 'om_1',
      root_id: message.root,
      parent_id: message.parent,
      create_time: '1603977298123',
      chat_id: 'oc_1',
      chat_type: message.chatType ?? 'p2p',
      message_type: message.type ?? 'text',
      content: typeof content === 'string' ? content : JSON.stringify(content),
      mentions: message.mentions,
    },
  };
}

function inbound(message: Message, ctx = context()) {
  const read = readMessage(event(message), ctx);
  if (read.kind !== 'message') throw new Error(`not taken: ${JSON.stringify(read)}`);
  return read.inbound;
}

const why = (message: Message, ctx = context()) => {
  const read = readMessage(event(message), ctx);
  return read.kind === 'ignored' ? read.why : 'taken';
};
const atBot = { key: '@_user_1', id: { open_id: bot }, name: 'Helper', mentioned_type: 'bot' };
const atBob = { key: '@_user_2', id: { open_id: 'ou_bob' }, name: 'Bob' };

describe('reading messages', () => {
  test('[feature: text in] a direct text carries place, person, time and a key of the message id', () => {
    expect(inbound({})).toMatchObject({
      dedupeKey: 'm:om_1',
      message: 'om_1',
      text: 'hello',
      at: 1603977298123,
      addressed: true,
      sender: { id: ann },
      address: { chat: 'oc_1', direct: true, user: ann, replyTo: 'om_1' },
    });
  });

  test('[feature: redelivery] the same message under another event id has the same key', () => {
    const again = readMessage({ ...event(), event_id: 'other' }, context());
    expect(again.kind === 'message' && again.inbound.dedupeKey).toBe('m:om_1');
  });

  test('the bot mention is stripped, others become names, and @_user_10 is not @_user_1', () => {
    const many = { key: '@_user_10', id: { open_id: 'ou_ten' }, name: 'Ten' };
    const text = '@_user_1 ask @_user_2 and @_user_10 now';
    expect(inbound({ chatType: 'group', content: { text }, mentions: [atBot, atBob, many] }).text).toBe(
      'ask @Bob and @Ten now',
    );
  });

  test('[feature: rich text and media] a rich text becomes Markdown with its images as files', () => {
    const content = {
      title: 'Plan',
      content: [
        [
          { tag: 'at', user_id: '@_user_1', user_name: 'Helper' },
          { tag: 'text', text: 'look at ' },
          { tag: 'a', href: 'https://x.example', text: 'this' },
        ],
        [{ tag: 'img', image_key: 'img_1' }],
        [{ tag: 'code_block', language: 'GO', text: 'func main() {}' }],
        [{ tag: 'emotion', emoji_type: 'SMILE' }],
      ],
    };
    const message = inbound({ type: 'post', content, mentions: [atBot] });
    expect(message.text).toContain('Plan\nlook at [this](https://x.example)');
    expect(message.text).toContain('```go\nfunc main() {}\n```');
    expect(message.files).toEqual([
      {
        kind: 'image',
        remote: { message: 'om_1', key: 'img_1', type: 'image' },
        name: undefined,
        mime: undefined,
      },
    ]);
  });

  test('a rich text wrapped in a language is read too', () => {
    const content = { zh_cn: { title: '', content: [[{ tag: 'text', text: '你好' }]] } };
    expect(inbound({ type: 'post', content }).text).toBe('你好');
  });

  test.each([
    ['image', { image_key: 'img_1' }, 'image', 'image'],
    ['file', { file_key: 'file_1', file_name: 'a.pdf' }, 'file', 'file'],
    ['audio', { file_key: 'file_2', duration: 2000 }, 'voice', 'file'],
    ['media', { file_key: 'file_3', image_key: 'img_2', file_name: 'a.mp4' }, 'video', 'file'],
  ])('%s is a file to fetch', (type, content, kind, remoteType) => {
    const [file] = inbound({ type, content }).files ?? [];
    expect(file?.kind).toBe(kind);
    expect(file?.remote).toMatchObject({ message: 'om_1', type: remoteType });
  });

  test.each([
    [
      'location',
      { name: 'Park', longitude: '13.4', latitude: '52.5' },
      'Park (latitude 52.5, longitude 13.4)',
    ],
    ['share_user', { user_id: 'ou_x' }, '[shared contact] ou_x'],
    ['share_chat', { chat_id: 'oc_x' }, '[shared chat] oc_x'],
    ['sticker', { file_key: 's' }, '[sticker]'],
    ['share_calendar_event', { summary: 'Standup' }, '[share_calendar_event] Standup'],
    ['something_new', {}, '[something_new]'],
  ])('[feature: other kinds of messages] %s is described for the agent', (type, content, words) => {
    const message = inbound({ type, content });
    expect(message.extra).toContain(words);
    expect(message.text).toBe('');
  });

  test('the words of a card are its text', () => {
    const content = {
      header: { title: { tag: 'plain_text', content: 'Alert' } },
      elements: [
        { tag: 'div', text: { tag: 'lark_md', content: '**disk** full' } },
        [{ tag: 'text', text: 'old form' }],
      ],
    };
    expect(inbound({ type: 'interactive', content }).text).toBe('Alert\n**disk** full\nold form');
  });

  test('content that is not JSON gives an empty message, not an error', () => {
    expect(inbound({ content: '{broken' }).text).toBe('');
  });
});

describe('who is listened to', () => {
  test('[feature: mention gating] in a group only who mentions the bot', () => {
    expect(why({ chatType: 'group' })).toBe('not addressed to the bot');
    expect(why({ chatType: 'group', mentions: [atBob], content: { text: '@_user_2 hi' } })).toContain(
      'not addressed',
    );
    expect(why({ chatType: 'group', mentions: [atBot], content: { text: '@_user_1 hi' } })).toBe('taken');
  });

  test.each([{ group_reply_all: true }, { require_mention: false }])(
    'everybody in a group with %j',
    (options) => {
      expect(why({ chatType: 'group' }, context(options))).toBe('taken');
    },
  );

  test('[feature: `@all`] @all counts only when switched on', () => {
    const message = { chatType: 'group', content: { text: '@_all stand up' } };
    expect(why(message)).toContain('not addressed');
    expect(inbound(message, context({ respond_to_at_everyone_and_here: true })).text).toBe('@all stand up');
  });

  test('[feature: reply to the bot] a reply to one of our messages counts as addressed', () => {
    expect(
      why({ chatType: 'group', parent: 'om_ours' }, context({}, { isOwn: (id) => id === 'om_ours' })),
    ).toBe('taken');
    const parent = { chatType: 'group', parent: 'om_theirs' };
    expect(why(parent)).toBe('not addressed to the bot');
    const unknown = context({}, { isOwn: () => undefined });
    expect(readMessage(event(parent), unknown)).toEqual({
      kind: 'unsure',
      chat: 'oc_1',
      parent: 'om_theirs',
    });
  });

  test('[feature: own-message filter] group_only, allow_chat and own messages', () => {
    expect(why({}, context({ group_only: true }))).toContain('direct');
    expect(why({}, context({ allow_chat: 'oc_2, oc_3' }))).toContain('allow_chat');
    expect(why({}, context({ allow_chat: 'oc_2, oc_1' }))).toBe('taken');
    const own = { sender_id: { open_id: bot }, sender_type: 'app' };
    expect(why({ sender: own })).toBe('own message');
  });

  test('[feature: peer_bots] another bot is labelled with its configured name', () => {
    const sender = { sender_id: { open_id: 'ou_other' }, sender_type: 'app' };
    const message = inbound({ sender }, context({ peer_bots: { ou_other: 'Build bot' } }));
    expect(message.sender).toEqual({ id: 'ou_other', name: 'Build bot', bot: true });
  });
});

describe('sessions', () => {
  const key = (message: Message, options: Record<string, unknown>) => {
    const ctx = context({ group_reply_all: true, ...options });
    const read = inbound(message, ctx);
    const made = sessionKeyOf(ctx.options, read.address, read.sender);
    const back = addressOf(ctx.options, ctx.account, made, () => read.address.direct);
    expect(back && sessionKeyOf(ctx.options, back, { id: 'ou_someone' })).toBe(made);
    return made;
  };

  test('[feature: session keys] keys are those of the Go cc-connect', () => {
    expect(key({}, {})).toBe('feishu:oc_1:ou_ann');
    expect(key({ chatType: 'group' }, { share_session_in_channel: true })).toBe('feishu:oc_1');
    expect(key({ chatType: 'group' }, { thread_isolation: true })).toBe('feishu:oc_1:root:om_1');
    expect(key({ chatType: 'group', root: 'om_0' }, { thread_isolation: true })).toBe(
      'feishu:oc_1:root:om_0',
    );
    expect(key({ root: 'om_0' }, { thread_isolation: true })).toBe('feishu:oc_1:ou_ann');
  });

  test('in a running topic attachments need no mention, and the first message is no quote', () => {
    const ctx = context({ thread_isolation: true }, { isActive: (_chat, root) => root === 'om_0' });
    const image = {
      chatType: 'group',
      root: 'om_0',
      parent: 'om_0',
      type: 'image',
      content: { image_key: 'img_1' },
    };
    expect(why(image, ctx)).toBe('taken');
    expect(why({ ...image, type: 'text', content: { text: 'hm' } }, ctx)).toContain('not addressed');
    expect(inbound(image, ctx).quoted).toBeUndefined();
    expect(inbound({ ...image, parent: 'om_5' }, ctx).quoted).toEqual({ message: 'om_5', own: undefined });
  });

  test('without reply_to_trigger answers are not replies', () => {
    expect(inbound({}, context({ reply_to_trigger: false })).address.replyTo).toBeUndefined();
  });

  test.each(['', 'feishu', 'feishu:', 'telegram:1:2', 'feishu:a:b:c', 'feishu:a:root:', 'feishu:a:root:b:c'])(
    '"%s" is no key of ours',
    (text) => {
      expect(addressOf(context().options, context().account, text, () => false)).toBeUndefined();
    },
  );
});

describe('recalls and presses', () => {
  test('a recall names the message', () => {
    const recall = readRecall(
      { message_id: 'om_1', chat_id: 'oc_1', recall_time: '1603977298123' },
      context(),
    );
    expect(recall).toMatchObject({ kind: 'recall', dedupeKey: 'r:om_1', message: 'om_1', at: 1603977298123 });
  });

  const press = (action: object) => ({
    event_id: 'ev_1',
    create_time: '1603977298123456',
    token: 'c-1',
    operator: { open_id: 'ou_bob' },
    context: { open_message_id: 'om_card', open_chat_id: 'oc_1' },
    action,
  });

  test('a press gives back the payload, and the session of the card, not of the presser', () => {
    const value = { d: 'a:1:allow', k: 'feishu:oc_1:ou_ann', p: 0 };
    const action = readAction(press({ tag: 'button', value }), context());
    expect(action).toMatchObject({
      dedupeKey: 'a:ev_1',
      data: 'a:1:allow',
      at: 1603977298123,
      sender: { id: 'ou_bob' },
      source: { chat: 'oc_1', message: 'om_card' },
      address: { chat: 'oc_1', user: 'ou_ann', direct: false },
    });
  });

  test('a form gives its values, ticked boxes gathered under their field', () => {
    const value = { d: 'f:1', k: 'feishu:oc_1', c: { box_0_0: ['which', 'a'], box_0_1: ['which', 'b'] } };
    const form_value = { note: 'hi', pick: 'x', multi: ['p', 'q'], box_0_0: true, box_0_1: false };
    expect(readAction(press({ tag: 'button', value, form_value }), context())?.form).toEqual({
      note: 'hi',
      pick: 'x',
      multi: ['p', 'q'],
      which: ['a'],
    });
  });

  test('a button that is not ours is nobody’s', () => {
    expect(readAction(press({ tag: 'button', value: { action: 'x' } }), context())).toBeUndefined();
    expect(readAction({}, context())).toBeUndefined();
  });
});
