import type { AgentEventBody, ApprovalRequest } from '../core/agent-event.ts';
import { describeError } from '../core/errors.ts';
import type { SessionActor } from './actor.ts';
import { languageOfChat } from './chat-language.ts';
import type { LiveAgent } from './live-agent.ts';
import { persistSoon } from './persist.ts';
import { shorten } from './tool-format.ts';
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
  if (agent.allowAll !== undefined && body.request.kind === 'permission') {
    const option = body.request.options.find(({ role }) => role === 'allow');
    if (option) return grant(actor, agent, agent.allowAll, body.wireId, body.request, option.id);
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
      answer: (wireId, answer) => (agent.alive ? agent.answer(wireId, answer) : Promise.resolve('stale')),
      allowAll: (by) => {
        agent.allowAll = by;
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

/** Answers as somebody wanted it before; the agent does not wait for the record of it. */
function grant(
  { context, key }: SessionActor,
  agent: LiveAgent,
  by: string,
  wireId: string,
  { tool, summary }: Extract<ApprovalRequest, { kind: 'permission' }>,
  optionId: string,
): void {
  agent
    .answer(wireId, { kind: 'option', optionId })
    .catch((error: unknown) =>
      context.log.warn({ session: key, error: describeError(error) }, 'answer did not reach the agent'),
    );
  const detail = `${tool}: ${shorten(summary, 200)}`;
  const audit = [{ project: context.name, actor: by, action: 'approval.auto_allowed', detail }];
  void persistSoon(context, 'record', { audit, at: Date.now() });
}
