import type { PlatformDefinition } from '../../core/platform.ts';
import { OPTIONS, parseOptions } from './options.ts';
import { FeishuPlatform } from './platform.ts';
import { feishuSetup } from './setup.ts';

function definition(type: string, name: 'Feishu' | 'Lark', domain: string): PlatformDefinition {
  return {
    type,
    setup: feishuSetup(name),
    options: OPTIONS,
    create: (options, context) => new FeishuPlatform(parseOptions(type, domain, options), context),
  };
}

/** Feishu, for organisations in China. */
export const feishu = definition('feishu', 'Feishu', 'https://open.feishu.cn');

/** Lark, the same service elsewhere. */
export const lark = definition('lark', 'Lark', 'https://open.larksuite.com');
