/** Messages in the form the service delivers them, ids and keys replaced. */
const head = {
  seq: 41,
  message_id: '7443658842323456789',
  from_user_id: 'o9cq80@im.wechat',
  to_user_id: 'b1@im.bot',
  client_id: 'cli-1',
  create_time_ms: 1774000000123,
  update_time_ms: 1774000000123,
  delete_time_ms: 0,
  session_id: 'o9cq80@im.wechat#b1@im.bot',
  group_id: '',
  message_type: 1,
  message_state: 2,
  context_token: 'AARzJW==',
};
const times = { create_time_ms: 1774000000123, update_time_ms: 1774000000123, is_completed: true };
const media = (name: string) => ({
  encrypt_query_param: `enc-${name}`,
  aes_key: 'MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY=',
  encrypt_type: 1,
});

export const recorded = {
  text: { ...head, item_list: [{ type: 1, ...times, text_item: { text: '你好，看看这个仓库' } }] },
  image: {
    ...head,
    item_list: [
      {
        type: 2,
        ...times,
        image_item: {
          aeskey: '00112233445566778899AABBCCDDEEFF',
          media: { encrypt_query_param: 'enc-img', aes_key: 'AAAA' },
          mid_size: 90128,
          thumb_size: 4208,
        },
      },
    ],
  },
  file: {
    ...head,
    item_list: [
      {
        type: 4,
        ...times,
        file_item: { media: media('file'), file_name: '报告.pdf', md5: 'x', len: '20480' },
      },
    ],
  },
  voice: {
    ...head,
    item_list: [
      {
        type: 3,
        ...times,
        voice_item: { media: media('voice'), encode_type: 6, playtime: 2100, text: '帮我跑一下测试' },
      },
    ],
  },
  quote: {
    ...head,
    item_list: [
      {
        type: 1,
        ...times,
        text_item: { text: '这个不对' },
        ref_msg: {
          title: 'Bot',
          message_item: { type: 1, msg_id: 'v1:abc', text_item: { text: '上一个回答' } },
        },
      },
    ],
  },
  quotedImage: {
    ...head,
    item_list: [
      {
        type: 1,
        ...times,
        text_item: { text: '这是什么' },
        ref_msg: { message_item: { type: 2, image_item: { media: media('old') } } },
      },
    ],
  },
} as const;
