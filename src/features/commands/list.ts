import type { Button, Card } from '../../core/card.ts';
import type { CommandCall, CommandSpec } from '../../engine/command.ts';
import { sessionTexts as texts } from '../../i18n/texts/commands/sessions.ts';
import { type Conversation, conversationsOf, shortIdOf } from './conversations.ts';
import { shortMoment } from './moments.ts';

const pageSize = 20;
const buttonsPerRow = 5;

export const listCommand: CommandSpec = {
  name: 'list',
  when: 'immediate',
  group: 'session',
  summary: texts.listSummary,
  usage: '[page]',
  async run(call) {
    const all = await conversationsOf(call);
    if (all.length === 0) return call.say(texts.listEmpty);
    const pages = Math.ceil(all.length / pageSize);
    const page = Math.min(pages, Math.max(1, Math.trunc(Number(call.args[0])) || 1));
    return listCard(call, all, page, pages);
  },
};

function listCard(call: CommandCall, all: readonly Conversation[], page: number, pages: number): Card {
  const start = (page - 1) * pageSize;
  const shown = all.slice(start, start + pageSize);
  const lines = shown.map((one, at) => lineOf(call, one, start + at + 1));
  const choices: Button[] = shown.map((one, at) => ({
    label: `#${start + at + 1}`,
    data: `act:/switch ${one.id.slice(0, 48)}`,
    style: one.active ? 'primary' : 'default',
  }));
  const turns: Button[] = [];
  if (page > 1) turns.push({ label: call.say(texts.previous), data: `nav:/list ${page - 1}` });
  if (page < pages) turns.push({ label: call.say(texts.next), data: `nav:/list ${page + 1}` });
  const rows = rowsOf(choices);
  return {
    title: call.say(texts.listTitle),
    tone: 'turquoise',
    blocks: [
      { kind: 'text', markdown: lines.join('\n') },
      { kind: 'buttons', rows: turns.length > 0 ? [...rows, turns] : rows },
      { kind: 'note', text: call.say(texts.listHint, { page, pages }) },
    ],
  };
}

function lineOf(call: CommandCall, one: Conversation, number: number): string {
  const mark = one.active ? '▶' : one.kind === 'known' && one.row.name !== null ? '📌' : '•';
  const facts = [shortIdOf(one), shortMoment(one.at)];
  if (one.messages !== undefined) facts.splice(1, 0, call.say(texts.messages, { count: one.messages }));
  if (one.kind === 'native') facts.push(call.say(texts.external));
  return `${mark} ${number}. ${plain(one.title)} — ${facts.join(' · ')}`;
}

/** People's own words must not become markup. */
function plain(text: string): string {
  return text.replace(/[\\`*_[\]<>#~|]/g, '\\$&');
}

function rowsOf(buttons: readonly Button[]): Button[][] {
  const rows: Button[][] = [];
  for (let at = 0; at < buttons.length; at += buttonsPerRow) rows.push(buttons.slice(at, at + buttonsPerRow));
  return rows;
}
