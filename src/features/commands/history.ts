import type { HistoryEntry } from '../../core/agent.ts';
import { look } from '../../engine/agent-calls.ts';
import type { CommandCall, CommandSpec } from '../../engine/command.ts';
import { shorten } from '../../engine/tool-format.ts';
import { sessionTexts as texts } from '../../i18n/texts/commands/sessions.ts';
import { shortMoment } from './moments.ts';
import { ownMember } from './own-agent.ts';

const usual = 10;
const most = 50;

export const historyCommand: CommandSpec = {
  name: 'history',
  when: 'immediate',
  group: 'session',
  summary: texts.historySummary,
  usage: '[count]',
  async run(call) {
    const count = Math.min(most, Math.max(1, Math.trunc(Number(call.args[0])) || usual));
    const entries = await entriesOf(call, count);
    if (entries.length === 0) return call.say(texts.historyEmpty);
    const max = call.context.settings.display.historyMax;
    return {
      title: call.say(texts.historyTitle),
      tone: 'turquoise',
      blocks: entries.map(({ role, text, at }) => ({
        kind: 'text',
        markdown: `${role === 'user' ? '👤' : '🤖'} **${shortMoment(at)}**\n${shorten(text, max)}`,
      })),
    };
  },
};

/** Ours; for a conversation that was made elsewhere, what the agent itself remembers. */
async function entriesOf(call: CommandCall, count: number): Promise<readonly HistoryEntry[]> {
  const { actor, context } = call;
  const row = actor.sessions.active(call.address);
  const ours = context.queries.history(row.id, count);
  const { agent } = ownMember(call);
  if (ours.length > 0 || !row.nativeId || !agent?.store) return ours;
  const { store } = agent;
  const { nativeId } = row;
  return look('history', () => store.history(row.workDir ?? agent.workDir, nativeId, count));
}
