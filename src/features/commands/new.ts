import type { CommandSpec } from '../../engine/command.ts';
import { sessionTexts as texts } from '../../i18n/texts/commands/sessions.ts';

export const newCommand: CommandSpec = {
  name: 'new',
  when: 'ordered',
  group: 'session',
  summary: texts.newSummary,
  usage: '[name]',
  async run({ actor, address, rest, say }) {
    const name = rest || undefined;
    await actor.closeAgent();
    await actor.sessions.create(address, { name, keepSettings: true });
    return name ? say(texts.createdNamed, { name }) : say(texts.created);
  },
};
