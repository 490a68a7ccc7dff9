import type { PlatformDefinition } from '../../core/platform.ts';
import { parseOptions } from './options.ts';
import { FeishuPlatform } from './platform.ts';

function definition(type: string, domain: string): PlatformDefinition {
  return {
    type,
    create: (options, context) => new FeishuPlatform(parseOptions(type, domain, options), context),
  };
}

/** Feishu, for organisations in China. */
export const feishu = definition('feishu', 'https://open.feishu.cn');

/** Lark, the same service elsewhere. */
export const lark = definition('lark', 'https://open.larksuite.com');
