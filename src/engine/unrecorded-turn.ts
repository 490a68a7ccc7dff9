import { asId, type TurnId } from '../core/ids.ts';
import { sortableId } from '../kit/ids.ts';
import type { InputRow, SessionRow, TurnRow } from '../store/rows.ts';
import { outcomeInTime } from './agent-calls.ts';
import { persist } from './persist.ts';
import type { ProjectContext } from './project-context.ts';

/** Whether the agent's transcript knows the prompt of an input that looks as if it still waited. */
export type Handover =
  | { readonly kind: 'none' }
  /** It had been passed to this turn. */
  | { readonly kind: 'joined' }
  | { readonly kind: 'turn'; readonly turn: TurnRow };

/**
 * A prompt is handed to a running agent while the row of its turn is still on its way to the disk; a kill in between
 * leaves an input that looks as if it still waited. If the agent's own transcript knows its prompt, that is recorded
 * now: as part of the turn that runs in its conversation (`open`), else as a turn to be recovered like any other. `words`:
 * what was handed of it.
 */
export async function recordHandover(
  context: ProjectContext,
  input: InputRow,
  open: readonly TurnRow[],
  words = input.body.kind === 'message' ? input.body.text : '',
): Promise<Handover> {
  const { queries } = context;
  const session = input.sessionId
    ? queries.session(input.sessionId)
    : queries.activeSession(context.name, input.sessionKey);
  const agent = session && context.agents.of(session)?.agent;
  // Without a conversation no agent was running; opening one begins with rows on disk.
  if (!input.promptId || !session || !agent?.store?.outcome) return { kind: 'none' };
  const running = open.find(({ sessionId, origin }) => sessionId === session.id && origin === 'prompt');
  const native = session.nativeId ?? running?.nativeId ?? undefined;
  if (!native && !running) return { kind: 'none' };
  const workDir = session.workDir ?? agent.workDir;
  const { state } = await outcomeInTime(context, agent.store, workDir, native, input.promptId);
  if (state === 'absent' || state === 'unknown') return { kind: 'none' };
  const now = Date.now();
  const said = { sessionId: session.id, role: 'user' as const, text: words, at: now };
  if (running) {
    const history = [{ ...said, turnId: running.id }];
    await persist(context, 'joinTurn', { turnId: running.id, inputs: [input.id], history, at: now });
    return { kind: 'joined' };
  }
  const turn = turnOf(context, input, session, now);
  const history = [{ ...said, turnId: turn.id }];
  await persist(context, 'beginTurn', { turn, inputs: [input.id], history });
  return { kind: 'turn', turn };
}

function turnOf(context: ProjectContext, input: InputRow, session: SessionRow, now: number): TurnRow {
  return {
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
}
