import { AppError, describeError } from '../core/errors.ts';
import { turnTexts as texts } from '../i18n/texts/turn.ts';
import type { SessionRow } from '../store/rows.ts';
import type { SessionActor } from './actor.ts';
import { knows } from './agent-calls.ts';
import type { LiveAgent } from './live-agent.ts';
import type { Turn } from './turn.ts';

/** A running agent and the conversation as it now stands. */
export interface OpenedAgent {
  readonly live: LiveAgent;
  readonly session: SessionRow;
}

/** Gets the agent of a conversation running: the live one, a resumed one, or a fresh one when resuming fails. */
export class AgentOpening {
  private readonly actor: SessionActor;

  constructor(actor: SessionActor) {
    this.actor = actor;
  }

  async open(turn: Turn, session: SessionRow): Promise<OpenedAgent> {
    const { context } = this.actor;
    const live = this.actor.liveOf(session.id);
    if (live?.alive) return { live, session };
    const { agent } = context.agents.usable(session);
    const workDir = session.workDir ?? agent.workDir;
    // Another project's conversation, or one that was never saved, is not resumed.
    const { signal } = turn.abort;
    const foreign = session.nativeId && !(await knows(context, agent, workDir, session.nativeId, signal));
    if (foreign)
      return this.afresh(turn, session, new AppError('resume_failed', 'it is not in this project'));
    try {
      return { live: await this.actor.openAgent(session, turn.abort.signal), session };
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'resume_failed' || !session.nativeId) throw error;
      return this.afresh(turn, session, error);
    }
  }

  /** One fresh start when the old conversation cannot be resumed, with a recap and a word about it. */
  async afresh(turn: Turn, session: SessionRow, reason: Error): Promise<OpenedAgent> {
    const { context, sessions } = this.actor;
    await turn.begun;
    const pastIds = session.nativeId ? [...session.pastIds, session.nativeId] : session.pastIds;
    const recap = context.queries.historyCount(session.id) > turn.inputs.length;
    await sessions.change(session.id, { nativeId: null, pastIds, recap });
    context.log.warn(
      { session: session.id, error: describeError(reason) },
      'conversation could not be resumed',
    );
    if (recap)
      context.delivery.progress(turn.address, turn.say(texts.freshStart, { reason: reason.message }));
    await this.actor.closeAgent({ quick: true, of: session.id });
    const fresh: SessionRow = { ...session, nativeId: null, pastIds, recap };
    return { live: await this.actor.openAgent(fresh, turn.abort.signal), session: fresh };
  }
}
