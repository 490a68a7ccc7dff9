import type { PlatformContext, PlatformDefinition } from '../../core/platform.ts';
import { parseOptions } from './options.ts';
import { SlackPlatform } from './slack-platform.ts';

/** Slack over Socket Mode. The SDK is loaded at the first call. */
export const slack: PlatformDefinition = {
  type: 'slack',
  create: (options: Readonly<Record<string, unknown>>, context: PlatformContext) =>
    new SlackPlatform(parseOptions(options), context),
};
