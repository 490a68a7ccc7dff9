import { describe, expect, test } from 'vitest';
import { type AccountId, asId } from '../../../src/core/ids.ts';
import { type Reading, readMessage } from '../../../src/platforms/weixin/inbound.ts';
import { recorded } from './recorded-messages.ts';

const context = { account: asId<AccountId>('weixin:b1@im.bot'), botId: 'b1@im.bot' };

function input(raw: unknown) {
  const reading = readMessage(raw, context);
  if (reading.kind !== 'input') throw new Error(`ignored: ${reading.why}`);
  return reading.input;
}
const why = (reading: Reading) => (reading.kind === 'ignored' ? reading.why : 'taken');

describe('a message', () => {
  test('of text becomes an input with everything that identifies it', () => {
    expect(readMessage(recorded.text, context)).toEqual({
      kind: 'input',
      contextToken: 'AARzJW==',
      input: {
        kind: 'message',
        dedupeKey: 'o9cq80@im.wechat|7443658842323456789|41|1774000000123|cli-1',
        address: {
          account: 'weixin:b1@im.bot',
          chat: 'o9cq80@im.wechat',
          direct: true,
          user: 'o9cq80@im.wechat',
          replyTo: '7443658842323456789',
        },
        sender: { id: 'o9cq80@im.wechat' },
        at: 1774000000123,
        message: '7443658842323456789',
        text: '你好，看看这个仓库',
        addressed: true,
      },
    });
  });

  test('without ids is told from others by its time, and has an id of its own', () => {
    const bare = { ...recorded.text, message_id: 0, seq: undefined };
    const later = { ...bare, create_time_ms: 1774000000124 };
    expect(input(bare).dedupeKey).toBe('o9cq80@im.wechat|0|0|1774000000123|cli-1');
    expect(input(bare).message).toMatch(/^[0-9a-f]{16}$/);
    expect(input(bare).message).not.toBe(input(later).message);
  });

  test('with a picture names its place and its key, the hexadecimal one before the other', () => {
    expect(input(recorded.image).files).toEqual([
      {
        kind: 'image',
        remote: { param: 'enc-img', key: '00112233445566778899aabbccddeeff', image: true },
      },
    ]);
  });

  test('reads keys written as base64 of bytes and of hexadecimal digits', () => {
    const bytes = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
    for (const aes_key of [bytes.toString('base64'), Buffer.from(bytes.toString('hex')).toString('base64')]) {
      const media = { encrypt_query_param: 'p', aes_key };
      const raw = { ...recorded.text, item_list: [{ type: 5, video_item: { media } }] };
      expect(input(raw).files?.[0]).toEqual({
        kind: 'video',
        remote: { param: 'p', key: bytes.toString('hex') },
        name: 'video.mp4',
        mime: 'video/mp4',
      });
    }
  });

  test('with a file keeps its name and size', () => {
    expect(input(recorded.file).files?.[0]).toMatchObject({ kind: 'file', name: '报告.pdf', size: 20480 });
  });

  test('of voice carries what the service understood', () => {
    const { files, text } = input(recorded.voice);
    expect(text).toBe('');
    expect(files).toMatchObject([{ kind: 'voice', transcript: '帮我跑一下测试', mime: 'audio/silk' }]);
  });

  test('of words and voice says both', () => {
    const item_list = [...recorded.voice.item_list, ...recorded.text.item_list];
    expect(input({ ...recorded.voice, item_list }).text).toBe('你好，看看这个仓库\n帮我跑一下测试');
  });

  test('that answers another quotes its words and its files', () => {
    expect(input(recorded.quote)).toMatchObject({
      text: '这个不对',
      quoted: { message: 'v1:abc', text: 'Bot\n上一个回答' },
    });
    expect(input(recorded.quotedImage)).toMatchObject({
      text: '这是什么',
      quoted: { message: '', files: [{ kind: 'image' }] },
    });
  });

  test('lists a file once that the service lists twice', () => {
    const [item] = recorded.image.item_list;
    expect(input({ ...recorded.image, item_list: [item, item] }).files).toHaveLength(1);
  });

  test.each([
    ['of a bot', { message_type: 2 }, 'not from a person'],
    ['of an unknown kind', { message_type: 9 }, 'not from a person'],
    ['of ours', { from_user_id: 'b1@im.bot' }, 'own message'],
    ['without a sender', { from_user_id: ' ' }, 'no sender'],
    ['from a group', { group_id: 'g@chatroom' }, 'from a group'],
    ['with nothing in it', { item_list: [{ type: 1, text_item: { text: ' ' } }] }, 'nothing in it'],
    ['of an unknown item', { item_list: [{ type: 11 }] }, 'nothing in it'],
  ])('%s is not for us', (_what, change, reason) => {
    expect(why(readMessage({ ...recorded.text, ...change }, context))).toBe(reason);
  });

  test.each([
    [{ from_user_id: 5 }],
    [{ message_id: {} }],
    [{ create_time_ms: 1.5 }],
    [{ item_list: 'x' }],
    [{ item_list: [{ type: 1, text_item: { text: 7 } }] }],
    [{ item_list: [{ type: 4, file_item: { media: { encrypt_query_param: 1 } } }] }],
  ])('of a wrong shape is refused: %j', (change) => {
    expect(() => readMessage({ ...recorded.text, ...change }, context)).toThrow(TypeError);
  });
});
