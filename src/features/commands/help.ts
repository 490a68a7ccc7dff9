import type { Button, Card, CardBlock } from '../../core/card.ts';
import type { CommandCall, CommandSpec } from '../../engine/command.ts';
import type { Text } from '../../i18n/languages.ts';
import { aboutTexts as texts } from '../../i18n/texts/commands/about.ts';

const groups: readonly { readonly id: CommandSpec['group']; readonly title: Text }[] = [
  { id: 'session', title: texts.groupSession },
  { id: 'agent', title: texts.groupAgent },
  { id: 'tools', title: texts.groupTools },
  { id: 'system', title: texts.groupSystem },
];

export const helpCommand: CommandSpec = {
  name: 'help',
  when: 'immediate',
  group: 'system',
  summary: texts.helpSummary,
  usage: '[group | command]',
  suggest: ({ table, language }) =>
    table.all.map(({ name, summary }) => ({ value: name, label: `/${name} — ${summary[language]}` })),
  run(call) {
    const wanted = (call.args[0] ?? '').toLowerCase().replace(/^\//, '');
    if (!wanted || wanted === 'all') return helpCard(call, undefined);
    const group = groups.find(({ id }) => id === wanted);
    if (group) return helpCard(call, group.id);
    const command = call.table.find(wanted);
    return command ? describe(call, command) : call.say(texts.helpUnknown, { wanted });
  },
};

function helpCard(call: CommandCall, chosen: CommandSpec['group'] | undefined): Card {
  const usable = call.table.all.filter((command) => isEnabled(call, command));
  const filled = groups.filter(({ id }) => usable.some(({ group }) => group === id));
  const blocks: CardBlock[] = filled
    .filter(({ id }) => chosen === undefined || id === chosen)
    .map(({ id, title }) => {
      const lines = usable.filter(({ group }) => group === id).map((command) => lineOf(call, command));
      return { kind: 'text', markdown: [`**${call.say(title)}**`, ...lines].join('\n') };
    });
  const tabs: Button[] = [
    { label: call.say(texts.all), data: 'nav:/help', style: chosen ? 'default' : 'primary' },
    ...filled.map(
      ({ id, title }): Button => ({
        label: call.say(title),
        data: `nav:/help ${id}`,
        style: id === chosen ? 'primary' : 'default',
      }),
    ),
  ];
  return {
    title: call.say(texts.helpTitle),
    tone: 'blue',
    blocks: [
      ...blocks,
      { kind: 'buttons', rows: [tabs.slice(0, 3), tabs.slice(3)].filter((row) => row.length > 0) },
      { kind: 'note', text: call.say(texts.helpHint) },
    ],
  };
}

function isEnabled(call: CommandCall, { name, aliases }: CommandSpec): boolean {
  const { disabledCommands } = call.context.settings;
  const off = disabledCommands.map((word) => word.replace(/^\//, ''));
  return !off.includes('*') && ![name, ...(aliases ?? [])].some((one) => off.includes(one));
}

function lineOf(call: CommandCall, { name, usage, summary, admin }: CommandSpec): string {
  const form = usage ? ` ${usage.replace(/[<>|[\]]/g, '\\$&')}` : '';
  return `/${name}${form} — ${call.say(summary)}${admin ? ` (${call.say(texts.adminOnly)})` : ''}`;
}

function describe(call: CommandCall, command: CommandSpec): string {
  const lines = [lineOf(call, command)];
  if (command.aliases?.length)
    lines.push(call.say(texts.aliases, { names: command.aliases.map((name) => `/${name}`).join(', ') }));
  return lines.join('\n');
}
