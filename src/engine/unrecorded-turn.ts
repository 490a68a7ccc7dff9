import { asId, type TurnId } from '../core/ids.ts';
import { sortableId } from '../kit/ids.ts';
import type { InputRow, TurnRow } from '../store/rows.ts';
import { persist } from './persist.ts';
import type { ProjectContext } from './project-context.ts';

/**
 * A prompt is handed to a running agent while the row of its turn is still on its way to the disk; a kill in between
 * leaves an input that looks as if it still waited. If the agent's own transcript knows its prompt, the turn is
 * recorded now, to be recovered like any other. Undefined when the input is really new.
 */
export async function recordTurnOf(context: ProjectContext, input: InputRow): Promise<TurnRow | undefined> {
  const { agent, queries } = context;
  const session = input.sessionId
    ? queries.session(input.sessionId)
    : queries.activeSession(context.name, input.sessionKey);
  // Without a conversation no agent was running; opening one begins with rows on disk.
  if (!input.promptId || !session?.nativeId || !agent.store?.outcome) return undefined;
  const workDir = session.workDir ?? agent.workDir;
  const { state } = await agent.store.outcome(workDir, session.nativeId, input.promptId);
  if (state === 'absent' || state === 'unknown') return undefined;
  const now = Date.now();
  const turn: TurnRow = {
    id: asId<TurnId>(sortableId(now)),
    project: context.name,
    sessionKey: input.sessionKey,
    sessionId: session.id,
    origin: 'prompt',
    state: 'handed',
    promptId: input.promptId,
    nativeId: session.nativeId,
    address: { ...input.body.address, replyTo: input.message ?? undefined },
    partial: null,
    detail: null,
    startedAt: now,
    handedAt: now,
    endedAt: null,
    finishedAt: null,
  };
  const text = input.body.kind === 'message' ? input.body.text : '';
  await persist(context, 'beginTurn', {
    turn,
    inputs: [input.id],
    history: [{ sessionId: session.id, turnId: turn.id, role: 'user', text, at: now }],
  });
  return turn;
}
