import type { CommandSpec } from '../../engine/command.ts';
import { aboutTexts as texts } from '../../i18n/texts/commands/about.ts';
import { version } from '../../kit/version.ts';

export const versionCommand: CommandSpec = {
  name: 'version',
  when: 'immediate',
  group: 'system',
  summary: texts.versionSummary,
  run: () => ({ tone: 'grey', blocks: [{ kind: 'text', markdown: `cc-connect ${version}` }] }),
};
