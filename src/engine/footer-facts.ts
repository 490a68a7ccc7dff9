import type { SessionActor } from './actor.ts';
import type { FooterFacts } from './footer.ts';
import type { Turn } from './turn.ts';

/** What the footer of a turn's answer tells. */
export function footerFactsOf(actor: SessionActor, turn: Turn): FooterFacts {
  const { agents } = actor.context;
  const row = actor.sessions.byId(turn.sessionId);
  const member = (row && agents.of(row)) ?? agents.first;
  return {
    usage: turn.usage,
    model: actor.live?.model,
    effort: actor.live?.effort,
    workDir: row?.workDir ?? (member.agent ?? agents.first.agent).workDir,
    agent: agents.members.length > 1 ? member.name : undefined,
  };
}
