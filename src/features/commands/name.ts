import type { CommandCall, CommandSpec } from '../../engine/command.ts';
import { shorten } from '../../engine/tool-format.ts';
import { sessionTexts as texts } from '../../i18n/texts/commands/sessions.ts';
import type { SessionRow } from '../../store/rows.ts';
import { conversationsOf } from './conversations.ts';

const longest = 80;

export const nameCommand: CommandSpec = {
  name: 'name',
  aliases: ['rename'],
  when: 'ordered',
  group: 'session',
  summary: texts.nameSummary,
  usage: '[number] <text>',
  async run(call) {
    if (!call.rest) return call.say(texts.nameUsage);
    const numbered = /^(\d+)\s+(.+)$/s.exec(call.rest);
    const one = numbered ? (await conversationsOf(call))[Number(numbered[1]) - 1] : undefined;
    if (one?.kind === 'native') return call.say(texts.nameForeign);
    const row = one?.row ?? (await call.actor.sessions.stored(call.address));
    return rename(call, row, one && numbered?.[2] ? numbered[2] : call.rest);
  },
};

async function rename(call: CommandCall, row: SessionRow, text: string): Promise<string> {
  const name = shorten(text.replace(/\s+/g, ' ').trim(), longest);
  // A new name is no use of the conversation: its place in the list stays.
  await call.actor.sessions.change(row.id, { name, updatedAt: row.updatedAt });
  return call.say(texts.named, { name });
}
