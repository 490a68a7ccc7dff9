import type { SetupGuide } from '../../core/platform.ts';

export const weixinSetup: SetupGuide = {
  name: 'Weixin',
  before: [],
  credentials: [{ option: 'token', env: 'WEIXIN_TOKEN', what: 'Token of the bot, …@im.bot:…' }],
  addressOption: 'base_url',
  after: ['Write to the bot from Weixin once: it can write to a person only after that.'],
};
