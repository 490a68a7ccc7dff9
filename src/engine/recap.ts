import type { HistoryRow, SessionRow } from '../store/rows.ts';
import type { ProjectContext } from './project-context.ts';
import type { Turn } from './turn.ts';

/** Earlier messages that a prompt carries along. */
export interface Recap {
  /** `lost`: the agent has lost this conversation; `other`: they are from another one. */
  readonly from: 'lost' | 'other';
  readonly entries: readonly HistoryRow[];
}

/** Messages of history a recap carries. */
const entriesMax = 8;

/** The last messages before this turn's own, where its conversation wants them told. */
export function recapFor(context: ProjectContext, session: SessionRow, turn: Turn): Recap | undefined {
  const { queries } = context;
  if (session.recap) {
    const own = turn.inputs.length;
    const entries = queries.history(turn.sessionId, entriesMax + own).slice(0, -own || undefined);
    return { from: 'lost', entries };
  }
  if (!session.recapFrom) return undefined;
  return { from: 'other', entries: queries.history(session.recapFrom, entriesMax) };
}
