import { describe, expect, test } from 'vitest';
import { ScratchMemory } from '../../../src/kit/scratch-memory.ts';
import { weixin } from '../../../src/platforms/weixin/index.ts';
import { parseOptions } from '../../../src/platforms/weixin/options.ts';
import { recordingLog } from '../../conformance/recording-sink.ts';

const context = {
  log: recordingLog(),
  cacheDir: '/nonexistent',
  memory: () => new ScratchMemory(),
  project: 'test',
};

describe('the options', () => {
  test('need nothing but a token', () => {
    expect(parseOptions({ token: ' b1@im.bot:abc ' })).toEqual({
      token: 'b1@im.bot:abc',
      baseUrl: 'https://ilinkai.weixin.qq.com',
      cdnBaseUrl: 'https://novac2c.cdn.weixin.qq.com/c2c',
      insecureHttp: false,
      accountId: 'b1@im.bot',
      routeTag: undefined,
      longPollMs: 35_000,
      burstLimit: 4,
      burstWindowMs: 86_400_000,
      stateDir: undefined,
      proxy: undefined,
    });
  });

  test.each([
    [{ token: 'b1@im.bot:x' }, 'weixin:b1@im.bot'],
    [{ token: 'b1@im.bot:x', account_id: 'home' }, 'weixin:home'],
    [{ token: 'opaque' }, 'weixin:default'],
  ])('%j makes the account %s', (options, account) => {
    expect(weixin.create(options, context).account).toBe(account);
  });

  test('0 as burst_limit switches the limit off', () => {
    expect(parseOptions({ token: 't', burst_limit: 0 }).burstLimit).toBe(0);
  });

  test.each([
    [{}, 'token'],
    [{ token: 7 }, 'token'],
    [{ token: 't', base_url: 'http://example.com' }, 'base_url'],
    [{ token: 't', cdn_base_url: 'nonsense' }, 'cdn_base_url'],
    [{ token: 't', long_poll_timeout_ms: 'long' }, 'long_poll_timeout_ms'],
    [{ token: 't', burst_limit: -1 }, 'burst_limit'],
    [{ token: 't', burst_window_secs: 1.5 }, 'burst_window_secs'],
    [{ token: 't', state_dir: 'here' }, 'state_dir'],
    [{ token: 't', insecure_http: 'yes' }, 'insecure_http'],
    [{ token: 't', route_tag: 3 }, 'route_tag'],
  ])('%j is refused, naming %s', (options, key) => {
    expect(() => parseOptions(options)).toThrow(expect.objectContaining({ code: 'options_invalid' }));
    expect(() => parseOptions(options)).toThrow(`weixin: ${key}`);
  });

  test('a bad proxy address is refused without repeating it', () => {
    expect(() => parseOptions({ token: 't', proxy: 'nothing at all:secret' })).toThrow(/proxy/);
    expect(() => parseOptions({ token: 't', proxy: 'nothing at all:secret' })).not.toThrow(/secret/);
  });
});

test('session keys are those of the Go cc-connect', () => {
  const platform = weixin.create({ token: 'b1@im.bot:x' }, context);
  const key = 'weixin:dm:o9cq80@im.wechat';
  const address = platform.parseSessionKey(key);
  expect(address).toEqual({
    account: 'weixin:b1@im.bot',
    chat: 'o9cq80@im.wechat',
    direct: true,
    user: 'o9cq80@im.wechat',
  });
  expect(address && platform.sessionKey(address, { id: 'x' })).toBe(key);
  for (const other of ['weixin:dm:', 'weixin:x', 'telegram:1:1'])
    expect(platform.parseSessionKey(other)).toBeUndefined();
});
