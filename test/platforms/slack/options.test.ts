import { describe, expect, test } from 'vitest';
import { slackManifest } from '../../../src/platforms/slack/manifest.ts';
import { botName, parseOptions } from '../../../src/platforms/slack/options.ts';

const tokens = { bot_token: 'xoxb-1-2-abc', app_token: 'xapp-1-A1-2-abc' };

describe('options', () => {
  test('two tokens are enough', () => {
    expect(parseOptions(tokens)).toMatchObject({
      apiUrl: 'https://slack.com/api/',
      scope: 'user',
      groupReplyAll: false,
      replyInThread: true,
      streaming: true,
    });
  });

  test.each([
    [{ ...tokens, bot_token: undefined }, 'bot_token'],
    [{ ...tokens, app_token: 'xoxb-1' }, 'app_token'],
    [{ ...tokens, session_scope: 'world' }, 'session_scope'],
    [{ ...tokens, api_url: 'http://example.com/api' }, 'api_url'],
    [{ ...tokens, group_reply_all: 'yes' }, 'group_reply_all'],
    [{ ...tokens, suggested_prompts: ['a', 'b', 'c', 'd', 'e'] }, 'suggested_prompts'],
    [{ ...tokens, suggested_prompts: [1] }, 'suggested_prompts'],
    [{ ...tokens, proxy: 'ftp://x' }, 'proxy'],
  ])('%j is refused naming %s', (raw, key) => {
    expect(() => parseOptions(raw)).toThrow(new RegExp(key));
  });

  test('a token is in no refusal', () => {
    expect(() => parseOptions({ ...tokens, bot_token: 'xoxp-very secret' })).not.toThrow(/secret/);
  });

  test('share_session_in_channel is session_scope = "channel"', () => {
    expect(parseOptions({ ...tokens, share_session_in_channel: true }).scope).toBe('channel');
    expect(parseOptions({ ...tokens, session_scope: 'thread' }).scope).toBe('thread');
  });

  test('the account is named by the public part of the token', () => {
    expect(botName('xoxb-11-22-secret')).toBe('11-22');
    expect(botName('xoxb-secret')).toMatch(/^[0-9a-f]{16}$/);
  });
});

test('the manifest holds scopes, events, Socket Mode and the commands the service leaves to apps', () => {
  const manifest = slackManifest({
    name: 'My very own agent with a name that is too long',
    commands: [
      { name: 'new', description: 'Begin anew' },
      { name: 'status', description: 'taken by the service' },
      { name: 'Bad Name', description: '' },
      ...Array.from({ length: 80 }, (_, i) => ({ name: `x${i}`, description: '' })),
    ],
  });
  expect(manifest).toMatchObject({
    display_information: { name: 'My very own agent with a name that ' },
    settings: { socket_mode_enabled: true, interactivity: { is_enabled: true } },
  });
  const text = JSON.stringify(manifest);
  for (const word of ['"/cc"', '"/new"', 'chat:write', 'files:read', 'message.im', 'app_mention'])
    expect(text).toContain(word);
  expect(text).not.toMatch(/"\/status"|Bad Name/);
  const { features } = manifest as { features: { slash_commands: object[] } };
  expect(features.slash_commands).toHaveLength(50);
});
