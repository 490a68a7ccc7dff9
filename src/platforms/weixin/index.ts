import type { PlatformContext, PlatformDefinition } from '../../core/platform.ts';
import { OPTIONS, parseOptions } from './options.ts';
import { weixinSetup } from './setup.ts';
import { WeixinPlatform } from './weixin-platform.ts';

/** Personal Weixin chats through the ilink bot HTTP API. */
export const weixin: PlatformDefinition = {
  type: 'weixin',
  setup: weixinSetup,
  options: OPTIONS,
  create: (options: Readonly<Record<string, unknown>>, context: PlatformContext) =>
    new WeixinPlatform(parseOptions(options), context),
};
