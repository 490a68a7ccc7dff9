import type { CommandSpec } from '../../engine/command.ts';
import { sessionTexts as texts } from '../../i18n/texts/commands/sessions.ts';

export const newCommand: CommandSpec = {
  name: 'new',
  when: 'ordered',
  group: 'session',
  summary: texts.newSummary,
  usage: '[name]',
  async run(call) {
    const { actor, address, rest, say } = call;
    const name = rest || undefined;
    await actor.closeAgent({ of: actor.sessions.active(address).id });
    await actor.sessions.create(address, { name, keepSettings: true });
    return name ? say(texts.createdNamed, { name }) : say(texts.created);
  },
};
