import type { PlatformContext } from '../../core/platform.ts';
import { TerminalPlatform } from './terminal-platform.ts';

/** The terminal chat; every project has one by itself, so it is not configured. */
export const terminal = {
  type: 'terminal',
  create: (_options: Readonly<Record<string, unknown>>, context: PlatformContext) =>
    new TerminalPlatform(context),
};
