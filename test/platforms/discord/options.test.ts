import { expect, test } from 'vitest';
import { parseOptions } from '../../../src/platforms/discord/options.ts';

const token = `${Buffer.from('210000000000000001').toString('base64url')}.abc.d-e_f`;

test.each([
  ['token', {}],
  ['token', { token: 'abc' }],
  ['token', { token: 'abc.def.ghi' }],
  ['token', { token: 5 }],
  ['guild_id', { token, guild_id: 'my server' }],
  ['group_reply_all', { token, group_reply_all: 'yes' }],
  ['group_reply_all_guilds', { token, group_reply_all_guilds: '123456, abc' }],
  ['max_upload_mb', { token, max_upload_mb: 0 }],
])('a wrong %s is named, and its value is not told', (key, options) => {
  expect(() => parseOptions(options)).toThrow(new RegExp(`discord: ${key} `));
});

test('servers are a list or one text with commas; an empty one is none', () => {
  for (const group_reply_all_guilds of [['', '12345'], ' 12345,'])
    expect(parseOptions({ token, group_reply_all_guilds })).toMatchObject({
      groupReplyAllGuilds: new Set(['12345']),
    });
});

test('the word Bot before a token is left off, and the bot’s id read from it', () => {
  expect(parseOptions({ token: `Bot ${token}` })).toMatchObject({ token, botId: '210000000000000001' });
});

test('plain http is refused beyond this machine, and a bad proxy at once', () => {
  expect(() => parseOptions({ token, api_url: 'http://example.org/api' })).toThrow(/not encrypted/);
  expect(parseOptions({ token, api_url: 'http://127.0.0.1:1/api/' }).apiUrl).toBe('http://127.0.0.1:1/api');
  expect(() => parseOptions({ token, proxy: 'nonsense' })).toThrow(/proxy/);
});
