import { describe, expect, test } from 'vitest';
import { type AccountId, asId } from '../../../src/core/ids.ts';
import { makeSessionKey, readSessionKey } from '../../../src/platforms/telegram/session-keys.ts';

const account = asId<AccountId>('telegram:7');

describe('[feature: session keys] session keys are those of the Go cc-connect', () => {
  test.each([
    ['a private chat', { chat: '42', direct: true, user: '42' }, false, 'telegram:42:42'],
    ['a private chat, shared', { chat: '42', direct: true, user: '42' }, true, 'telegram:42'],
    ['a group', { chat: '-1001', direct: false, user: '42' }, false, 'telegram:-1001:42'],
    ['a group, shared', { chat: '-1001', direct: false }, true, 'telegram:-1001'],
    ['a topic', { chat: '-1001', thread: '7', direct: false, user: '42' }, false, 'telegram:-1001:7:42'],
    ['a topic, shared', { chat: '-1001', thread: '7', direct: false }, true, 'telegram:-1001:7'],
    ['a private topic, shared', { chat: '42', thread: '7', direct: true, user: '42' }, true, 'telegram:42:7'],
  ])('%s', (_name, place, shared, key) => {
    const address = { account, ...place };
    expect(makeSessionKey(address, '42', shared)).toBe(key);
    expect(readSessionKey(key, account, shared)).toEqual(address);
  });

  test('a key of a private chat made per person is still one where sessions are shared now', () => {
    expect(readSessionKey('telegram:42:42', account, true)).toEqual({
      account,
      chat: '42',
      direct: true,
      user: '42',
    });
  });

  test.each(['', 'telegram', 'telegram:', 'telegram:x:1', 'feishu:1:2', 'telegram:1:2:3:4', 'telegram:1:'])(
    '"%s" is no key of ours',
    (key) => {
      expect(readSessionKey(key, account, false)).toBeUndefined();
    },
  );
});
