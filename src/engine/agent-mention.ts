import type { AgentRoster } from './agent-roster.ts';

const mention = /^@([\p{L}\p{N}][\p{L}\p{N}_.-]*)[:,，：]?(?:\s+|$)/u;

export interface Addressed {
  /** Name of the agent a message is for; null: whoever the conversation is with. */
  readonly agent: string | null;
  /** Without the mention. */
  readonly text: string;
}

/**
 * `@reviewer look at this` is for the agent of that name, without changing whom the conversation is with. Only names of the
 * project's agents count; any other text is what it is. `hasMore`: there is something besides the words.
 */
export function addressed(agents: AgentRoster, text: string, hasMore: boolean): Addressed {
  const plain = { agent: null, text };
  const match = agents.members.length > 1 ? mention.exec(text) : null;
  const member = match?.[1] && agents.called(match[1]);
  if (!match || !member) return plain;
  const words = text.slice(match[0].length);
  return words || hasMore ? { agent: member.name, text: words } : plain;
}
