import type { CommandSpec } from '../../engine/command.ts';
import {
  type DisplayMode,
  displayModeNamed,
  displayModePreference,
  withDisplayMode,
} from '../../engine/display-mode.ts';
import { settingTexts as texts } from '../../i18n/texts/commands/settings.ts';

const after: Readonly<Record<DisplayMode, DisplayMode>> = {
  full: 'quiet',
  quiet: 'compact',
  compact: 'full',
};
const told = { full: texts.quietFull, compact: texts.quietCompact, quiet: texts.quietQuiet };

export const quietCommand: CommandSpec = {
  name: 'quiet',
  when: 'ordered',
  group: 'agent',
  summary: texts.quietSummary,
  usage: '[full | compact | quiet]',
  suggest: ({ say }) =>
    (['full', 'compact', 'quiet'] as const).map((value) => ({
      value,
      label: `${value}: ${say(told[value])}`,
    })),
  async run({ context, rest, say }) {
    const mode = rest ? displayModeNamed(rest) : after[context.settings.display.mode];
    if (!mode) return say(texts.quietUsage);
    await context.store.commit('setPreference', {
      project: context.name,
      ...displayModePreference,
      value: mode,
    });
    context.settings = withDisplayMode(context.settings, mode);
    return say(told[mode]);
  },
};
