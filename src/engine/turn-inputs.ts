import { asId, type PromptId } from '../core/ids.ts';
import type { InputRow } from '../store/rows.ts';
import type { Turn } from './turn.ts';

/** The prompts that messages are given to an agent as. */
export function promptsOf(inputs: readonly InputRow[]): PromptId[] {
  return inputs.map(({ id, promptId }) => asId<PromptId>(promptId ?? id));
}

/** What people said, for the history of the conversation. */
export function historyOf(turn: Turn, inputs: readonly InputRow[]) {
  const { id: turnId, sessionId } = turn;
  return inputs.flatMap(({ body }) =>
    body.kind === 'message'
      ? [{ sessionId, turnId, role: 'user' as const, text: body.text, at: Date.now() }]
      : [],
  );
}
