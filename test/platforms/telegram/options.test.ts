import { describe, expect, test } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import { ScratchMemory } from '../../../src/kit/scratch-memory.ts';
import { telegram } from '../../../src/platforms/telegram/index.ts';
import { parseOptions } from '../../../src/platforms/telegram/options.ts';
import { recordingLog } from '../../conformance/recording-sink.ts';

const token = '123456:AAbb_cc-dd';

describe('options', () => {
  test('only the token is needed', () => {
    expect(parseOptions({ token })).toEqual({
      token,
      apiBase: 'https://api.telegram.org',
      selfHosted: false,
      groupReplyAll: false,
      shareSession: false,
      reactions: false,
      drafts: true,
      richMessages: false,
      proxy: undefined,
    });
  });

  test('the account is known from the token before anything is connected', () => {
    const context = {
      log: recordingLog(),
      cacheDir: '/nowhere',
      memory: () => new ScratchMemory(),
      project: 'p',
    };
    expect(telegram.create({ token }, context).account).toBe('telegram:123456');
  });

  test('options of the engine and of other versions are left alone', () => {
    expect(parseOptions({ token, allow_from: '*', progress_style: 'compact', anything: 1 }).token).toBe(
      token,
    );
  });

  test.each([
    [{}, 'token'],
    [{ token: '' }, 'token'],
    [{ token: 'abc' }, 'token'],
    [{ token: 7 }, 'token'],
    [{ token, group_reply_all: 'yes' }, 'group_reply_all'],
    [{ token, enable_reactions: 1 }, 'enable_reactions'],
    [{ token, proxy: 'nonsense' }, 'proxy'],
    [{ token, api_base: 'http://example.org' }, 'insecure_http'],
    [{ token, api_base: 'nonsense' }, 'address'],
  ])('%j is refused, naming %s and not the token', (options, word) => {
    let refused: unknown;
    try {
      parseOptions(options);
    } catch (error) {
      refused = error;
    }
    if (!(refused instanceof AppError)) throw new Error('not refused');
    expect(`${refused.message} ${refused.advice}`).toContain(word);
    expect(refused.kind).toBe('validation');
    expect(`${refused.message} ${refused.advice}`).not.toContain(token);
  });

  test('plain http is fine to this machine, and elsewhere when it is asked for', () => {
    expect(parseOptions({ token, api_base: 'http://127.0.0.1:8081/' }).apiBase).toBe('http://127.0.0.1:8081');
    expect(parseOptions({ token, api_base: 'http://bots.lan', insecure_http: true }).selfHosted).toBe(true);
  });

  test('proxy credentials may stand beside the address, the password as it is written', () => {
    const { proxy } = parseOptions({
      token,
      proxy: 'socks5://p:1080',
      proxy_username: 'u',
      proxy_password: ' s ',
    });
    expect(proxy).toEqual({ url: 'socks5://p:1080', username: 'u', password: ' s ' });
  });
});
