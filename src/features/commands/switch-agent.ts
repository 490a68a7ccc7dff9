import { pinnedAt } from '../../engine/agent-pins.ts';
import type { RosterMember } from '../../engine/agent-roster.ts';
import type { CommandCall } from '../../engine/command.ts';
import { agentTexts as texts } from '../../i18n/texts/commands/agents.ts';
import type { SessionRow } from '../../store/rows.ts';

/** Why this chat cannot go on with an agent, or undefined. */
export function refusalOf(call: CommandCall, member: RosterMember): string | undefined {
  const { address, context, say } = call;
  if (member.problem !== undefined) return say(texts.broken, { agent: member.name, problem: member.problem });
  const pinned = pinnedAt(context, address);
  return pinned && pinned.name !== member.name ? say(texts.pinned, { agent: pinned.name }) : undefined;
}

/**
 * The chat goes on with an agent, in the conversation it had with it last. The one that is left stays what it was,
 * its process too: who comes back goes on at once.
 */
export function switchTo({ actor, address }: CommandCall, member: RosterMember): Promise<SessionRow> {
  return actor.sessions.activate(actor.sessions.with(member, address));
}
