/** Messages in the form of the documented event, with all the fields the service sends. */
export const BOT = '210000000000000001';
export const GUILD = '310000000000000001';
export const ROLE = '310000000000000009';
export const THREAD = '1239000000000000555';
export const ann = {
  id: '410000000000000042',
  username: 'ann',
  global_name: 'Ann L.',
  avatar: 'a_0e8f',
  discriminator: '0',
  public_flags: 0,
  primary_guild: null,
};

const common = {
  type: 0,
  tts: false,
  timestamp: '2024-05-01T09:59:00.127000+00:00',
  edited_timestamp: null,
  pinned: false,
  mentions: [],
  mention_roles: [],
  mention_everyone: false,
  flags: 0,
  embeds: [],
  components: [],
  attachments: [],
  author: ann,
};

export const dmText = {
  ...common,
  id: '1235000000000000001',
  channel_id: '1110000000000000001',
  nonce: '1235000000000000000',
  content: 'hello **bot**',
};

export const guildText = {
  ...common,
  id: '1235000000000000002',
  channel_id: '1110000000000000002',
  guild_id: GUILD,
  member: {
    roles: ['310000000000000077'],
    nick: 'Annie',
    joined_at: '2023-01-01T00:00:00.000000+00:00',
    mute: false,
    deaf: false,
  },
  content: 'hello all',
};

export const voice = {
  ...common,
  id: '1235000000000000003',
  channel_id: '1110000000000000001',
  flags: 8192,
  content: '',
  attachments: [
    {
      id: '1235000000000000004',
      filename: 'voice-message.ogg',
      size: 4711,
      url: 'https://cdn.discordapp.com/attachments/1/2/voice-message.ogg?ex=1&is=2&hm=3',
      proxy_url: 'https://media.discordapp.net/attachments/1/2/voice-message.ogg',
      duration_secs: 2.5,
      waveform: 'AAAA',
      content_type: 'audio/ogg',
    },
  ],
};
