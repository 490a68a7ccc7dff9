import type { CatalogueEntry } from '../../core/agent.ts';
import type { Button, Card } from '../../core/card.ts';
import type { CommandCall, CommandReply } from '../../engine/command.ts';
import { inlineCode, shorten } from '../../engine/tool-format.ts';
import { agentTexts as texts } from '../../i18n/texts/commands/agents.ts';

const pageSize = 12;
const descriptionMax = 100;

/** Agents that could be set up besides the configured ones, as far as an adapter knows of any. */
export async function catalogueCard(call: CommandCall, wantedPage: number): Promise<CommandReply> {
  const found = await call.context.catalogue();
  const entries = [...found].sort((a, b) => a.name.localeCompare(b.name));
  if (entries.length === 0) return call.say(texts.catalogueNone);
  const pages = Math.ceil(entries.length / pageSize);
  const page = Math.min(pages, Math.max(1, Math.trunc(wantedPage) || 1));
  const shown = entries.slice((page - 1) * pageSize, page * pageSize);
  const more: Button[] =
    page < pages ? [{ label: call.say(texts.morePages), data: `nav:/agent list all ${page + 1}` }] : [];
  return {
    title: call.say(texts.catalogueTitle),
    tone: 'indigo',
    blocks: [
      { kind: 'text', markdown: shown.map(lineOf).join('\n') },
      ...(more.length > 0 ? [{ kind: 'buttons' as const, rows: [more] }] : []),
      { kind: 'note', text: call.say(texts.catalogueHint, { page, pages }) },
    ],
  } satisfies Card;
}

function lineOf({ id, name, description, command }: CatalogueEntry): string {
  const start = command ? ` ${inlineCode(command.join(' '))}` : '';
  const words = description ? ` — ${shorten(description, descriptionMax)}` : '';
  return `• **${name}** (${id})${words}${start}`;
}
