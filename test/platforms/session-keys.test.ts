import { describe, expect, it } from 'vitest';
import type { Platform } from '../../src/core/platform.ts';
import { ScratchMemory } from '../../src/kit/scratch-memory.ts';
import { silentLog } from '../../src/kit/silent-log.ts';
import { platformTypes } from '../../src/platforms/registry.ts';

const credentials: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  telegram: { token: '77:abc' },
  feishu: { app_id: 'cli_0123456789abcdef', app_secret: 's'.repeat(32) },
  lark: { app_id: 'cli_0123456789abcdef', app_secret: 's'.repeat(32) },
  slack: { bot_token: 'xoxb-1-2-s', app_token: 'xapp-1-A-3-s' },
  discord: { token: `${Buffer.from('410000000000000001').toString('base64')}.x.y` },
  weixin: { token: 'me@im.bot:secret' },
};

async function platformOf(type: string, options: Readonly<Record<string, unknown>>): Promise<Platform> {
  const definition = await platformTypes.find((one) => one.type === type)?.load();
  if (!definition) throw new Error(`no platform ${type}`);
  const context = {
    log: silentLog,
    cacheDir: '/nowhere',
    memory: () => new ScratchMemory(),
    project: 'demo',
  };
  return definition.create({ ...credentials[type], ...options }, context);
}

const user = '410000000000000501';
const channel = '410000000000000777';

/** The Go cc-connect's keys: cron jobs, scripts and stored sessions hold them. */
describe.each([
  ['telegram', {}, 'telegram:501:501', { chat: '501', direct: true, user: '501' }],
  ['telegram', {}, 'telegram:-1009:42', { chat: '-1009', direct: false, user: '42' }],
  ['telegram', {}, 'telegram:-1009:5:42', { chat: '-1009', thread: '5', user: '42' }],
  ['telegram', { share_session_in_channel: true }, 'telegram:-1009', { chat: '-1009', direct: false }],
  ['telegram', { share_session_in_channel: true }, 'telegram:-1009:5', { chat: '-1009', thread: '5' }],
  ['feishu', {}, 'feishu:oc_1:ou_1', { chat: 'oc_1', user: 'ou_1' }],
  ['feishu', { share_session_in_channel: true }, 'feishu:oc_1', { chat: 'oc_1' }],
  ['feishu', { thread_isolation: true }, 'feishu:oc_1:root:om_1', { chat: 'oc_1', thread: 'om_1' }],
  ['lark', {}, 'lark:oc_1:ou_1', { chat: 'oc_1', user: 'ou_1' }],
  ['slack', {}, 'slack:D1:U1', { chat: 'D1', direct: true, user: 'U1' }],
  ['slack', {}, 'slack:C1:U1', { chat: 'C1', direct: false, user: 'U1' }],
  ['slack', { session_scope: 'channel' }, 'slack:C1', { chat: 'C1', direct: false }],
  ['slack', { session_scope: 'thread' }, 'slack:C1:t:17.5', { chat: 'C1', thread: '17.5' }],
  ['discord', {}, `discord:${channel}:${user}`, { chat: channel, user }],
  ['discord', { share_session_in_channel: true }, `discord:${channel}`, { chat: channel }],
  ['discord', { thread_isolation: true }, `discord:${channel}`, { chat: channel, thread: channel }],
  ['weixin', {}, 'weixin:dm:ada@im.wechat', { chat: 'ada@im.wechat', direct: true }],
])('%s %j', (type, options, key, place) => {
  it(`reads ${key} without having seen the chat, and makes it again`, async () => {
    const platform = await platformOf(type, options);
    const address = platform.parseSessionKey(key);
    expect(address).toMatchObject({ ...place, account: platform.account });
    expect(address && platform.sessionKey(address, { id: address.user ?? 'somebody' })).toBe(key);
    expect(JSON.parse(JSON.stringify(address))).toEqual(address);
  });
});

it.each(Object.keys(credentials))('%s leaves the keys of other platforms alone', async (type) => {
  const platform = await platformOf(type, {});
  for (const other of Object.keys(credentials).filter((one) => one !== type))
    expect(platform.parseSessionKey(`${other}:1234567:1234567`), other).toBeUndefined();
});
