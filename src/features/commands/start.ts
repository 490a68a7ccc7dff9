import type { CommandSpec } from '../../engine/command.ts';
import { aboutTexts as texts } from '../../i18n/texts/commands/about.ts';
import { ownMember } from './own-agent.ts';

/** What some chat apps send by themselves when a person opens the bot for the first time. */
export const startCommand: CommandSpec = {
  name: 'start',
  when: 'immediate',
  group: 'system',
  summary: texts.startSummary,
  run(call) {
    const { context, sender, say } = call;
    const name = sender.name ? ` ${sender.name}` : '';
    const markdown = say(texts.welcome, { name, agent: ownMember(call).label, project: context.name });
    return {
      tone: 'blue',
      blocks: [
        { kind: 'text', markdown },
        { kind: 'buttons', rows: [[{ label: say(texts.helpTitle), data: 'nav:/help' }]] },
      ],
    };
  },
};
