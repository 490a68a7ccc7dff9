import type { CommandSpec } from '../../engine/command.ts';
import { linkOf } from '../../engine/project-context.ts';
import { aboutTexts as texts } from '../../i18n/texts/commands/about.ts';

export const whoamiCommand: CommandSpec = {
  name: 'whoami',
  aliases: ['myid'],
  when: 'immediate',
  group: 'system',
  summary: texts.whoamiSummary,
  run({ context, actor, address, sender, admin, say }) {
    const names = [sender.name, sender.username ? `@${sender.username}` : undefined];
    const fields = [
      { label: say(texts.userId), value: sender.id },
      { label: say(texts.userName), value: names.filter(Boolean).join(' ') || '–' },
      { label: say(texts.platform), value: linkOf(context, address)?.platform.type ?? '–' },
      { label: say(texts.bot), value: address.account },
      { label: say(texts.chat), value: address.chat },
      ...(address.thread ? [{ label: say(texts.thread), value: address.thread }] : []),
      { label: say(texts.sessionKey), value: actor.key },
      { label: say(texts.admin), value: say(admin ? texts.yes : texts.no) },
    ];
    return { title: say(texts.whoamiTitle), tone: 'blue', blocks: [{ kind: 'fields', fields }] };
  },
};
