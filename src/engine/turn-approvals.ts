import type { AgentEventBody } from '../core/agent-event.ts';
import type { SessionActor } from './actor.ts';
import { languageOfChat } from './chat-language.ts';
import type { LiveAgent } from './live-agent.ts';
import type { Turn } from './turn.ts';

/** Shows what the agent asks, in a turn or between turns, and takes the answer back to it. */
export function askApproval(
  actor: SessionActor,
  agent: LiveAgent,
  running: Turn | undefined,
  body: Extract<AgentEventBody, { kind: 'approval' }>,
): void {
  const { desk } = actor.parts;
  // Another agent of this chat may ask while this one's turn runs.
  const turn = running?.sessionId === agent.sessionId ? running : undefined;
  const session = actor.sessions.byId(agent.sessionId);
  const to = turn?.address ?? (session?.address && { ...session.address, replyTo: undefined });
  if (!session || !to) return;
  if (agent.allowAll && body.request.kind === 'permission') {
    const option = body.request.options.find(({ role }) => role === 'allow');
    if (option) void agent.port.answer(body.wireId, { kind: 'option', optionId: option.id });
    if (option) return;
  }
  const language = turn?.language ?? languageOfChat(actor.context, actor.key, to.account);
  agent.busy();
  void desk.ask(
    {
      sessionKey: actor.key,
      sessionId: session.id,
      turnId: turn?.id ?? null,
      wireId: body.wireId,
      request: body.request,
      to,
      language,
      before: turn?.view.freeze() ?? [],
    },
    {
      answer: (wireId, answer) =>
        agent.alive ? agent.port.answer(wireId, answer) : Promise.resolve('stale'),
      allowAll: () => {
        agent.allowAll = true;
      },
      changed: () => {
        turn?.pause(desk.count(turn.id) > 0);
        // Asked between turns: from the last answer on the process may be parked again.
        const open = desk.openFor(actor.key).some(({ sessionId }) => sessionId === agent.sessionId);
        if (!actor.turn && agent.alive && !open) agent.idle();
      },
    },
  );
}
