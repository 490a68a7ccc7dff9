import type { PlatformContext, PlatformDefinition } from '../../core/platform.ts';
import { OPTIONS, parseOptions } from './options.ts';
import { telegramSetup } from './setup.ts';
import { TelegramPlatform } from './telegram-platform.ts';

/** Telegram through the Bot API. grammY is loaded at the first call. */
export const telegram: PlatformDefinition = {
  type: 'telegram',
  setup: telegramSetup,
  options: OPTIONS,
  create: (options: Readonly<Record<string, unknown>>, context: PlatformContext) =>
    new TelegramPlatform(parseOptions(options), context),
};
