import type { PlatformContext, PlatformDefinition } from '../../core/platform.ts';
import { DiscordPlatform } from './discord-platform.ts';
import { OPTIONS, parseOptions } from './options.ts';
import { discordSetup } from './setup.ts';

/** Discord through its gateway and REST API. discord.js is loaded at the first call. */
export const discord: PlatformDefinition = {
  type: 'discord',
  setup: discordSetup,
  options: OPTIONS,
  create: (options: Readonly<Record<string, unknown>>, context: PlatformContext) =>
    new DiscordPlatform(parseOptions(options), context),
};
