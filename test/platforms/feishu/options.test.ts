import { describe, expect, test } from 'vitest';
import { ScratchMemory } from '../../../src/kit/scratch-memory.ts';
import { feishu, lark } from '../../../src/platforms/feishu/index.ts';
import { parseOptions } from '../../../src/platforms/feishu/options.ts';
import { recordingLog } from '../../conformance/recording-sink.ts';

const base = { app_id: 'cli_a1b2c3d4e5f60718', app_secret: 's' };
const parse = (more: Record<string, unknown> = {}) =>
  parseOptions('feishu', 'https://open.feishu.cn', { ...base, ...more });

describe('feishu options', () => {
  test('have the documented defaults', () => {
    expect(parse()).toMatchObject({
      domain: 'https://open.feishu.cn',
      replyToTrigger: true,
      reactionEmoji: 'OnIt',
      doneEmoji: undefined,
      cards: true,
      imageBatchWindowMs: 500,
      groupReplyAll: false,
    });
  });

  test.each([
    ['app_id', { app_id: undefined }],
    ['app_id', { app_id: 'cli_short' }],
    ['app_secret', { app_secret: '' }],
    ['domain', { domain: 'open.feishu.cn' }],
    ['domain', { domain: 'http://example.com' }],
    ['group_only', { group_only: 'yes' }],
    ['progress_style', { progress_style: 'fancy' }],
    ['image_batch_window_ms', { image_batch_window_ms: -1 }],
    ['mention_map.Bob', { mention_map: { Bob: [] } }],
    ['proxy', { proxy: 'nowhere' }],
  ])('name the key %s when it is wrong', (key, more) => {
    expect(() => parse(more)).toThrow(
      expect.objectContaining({ code: 'options_invalid', message: expect.stringContaining(key) }),
    );
  });

  test('that it does not know change nothing, so that a file of another version loads', () => {
    expect(parse({ appid: 'x' })).toEqual(parse());
  });

  test('an encrypt_key switches to webhook mode, with a port as number or text', () => {
    expect(parse({ encrypt_key: 'k', port: '9000' }).webhook).toEqual({
      port: 9000,
      path: '/feishu/webhook',
      encryptKey: 'k',
      verificationToken: undefined,
    });
    expect(() => parse({ encrypt_key: 'k', port: 'x' })).toThrow(
      expect.objectContaining({ code: 'options_invalid' }),
    );
  });

  test('port and callback path without a key change nothing', () => {
    expect(parse({ port: '8080', callback_path: '/x' }).webhook).toBeUndefined();
  });

  test('none switches reactions off, a proxy gets its credentials', () => {
    expect(parse({ reaction_emoji: 'none', done_emoji: 'none' })).toMatchObject({
      reactionEmoji: undefined,
      doneEmoji: undefined,
    });
    expect(parse({ proxy: 'http://p.example:8080', proxy_username: 'u', proxy_password: 'p@' }).proxy).toBe(
      'http://u:p%40@p.example:8080/',
    );
  });

  test('feishu and lark differ in name and address only', () => {
    const context = { log: recordingLog(), cacheDir: '/x', memory: () => new ScratchMemory(), project: 'p' };
    expect(feishu.create(base, context).account).toBe('feishu:cli_a1b2c3d4e5f60718');
    expect(lark.create(base, context).type).toBe('lark');
  });
});
