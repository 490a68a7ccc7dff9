import type { Agent } from '../../core/agent.ts';
import type { RosterMember } from '../../engine/agent-roster.ts';
import type { CommandPlace } from '../../engine/command.ts';

/** The agent of the active conversation. Throws `agent_broken` when it cannot be used. */
export function ownAgent({ actor, context, address }: CommandPlace): Agent {
  return context.agents.usable(actor.sessions.active(address)).agent;
}

/** The same as it is configured, usable or not. */
export function ownMember({ actor, context, address }: CommandPlace): RosterMember {
  return context.agents.of(actor.sessions.active(address)) ?? context.agents.first;
}
