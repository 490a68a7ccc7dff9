import type { PlatformContext, PlatformDefinition } from '../../core/platform.ts';
import { OPTIONS, parseOptions } from './options.ts';
import { slackSetup } from './setup.ts';
import { SlackPlatform } from './slack-platform.ts';

/** Slack over Socket Mode. The SDK is loaded at the first call. */
export const slack: PlatformDefinition = {
  type: 'slack',
  setup: slackSetup,
  options: OPTIONS,
  create: (options: Readonly<Record<string, unknown>>, context: PlatformContext) =>
    new SlackPlatform(parseOptions(options), context),
};
