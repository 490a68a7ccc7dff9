import type { PromptOutcome } from '../core/agent.ts';
import type { InputRow, SessionRow, TurnRow } from '../store/rows.ts';
import { outcomeInTime } from './agent-calls.ts';
import type { ProjectContext } from './project-context.ts';

/**
 * What became of a turn, from the agent's own transcript. Messages that were passed to the running turn have prompts
 * of their own there, answered together with the first or behind it.
 */
export async function outcomeOf(
  context: ProjectContext,
  turn: TurnRow,
  session: SessionRow | undefined,
  inputs: readonly InputRow[],
): Promise<PromptOutcome> {
  const agent = session && context.agents.of(session)?.agent;
  const store = agent?.store;
  if (!turn.promptId || !agent || !store?.outcome) return { state: 'unknown' };
  const native = session.nativeId ?? turn.nativeId ?? undefined;
  const workDir = session.workDir ?? agent.workDir;
  const prompts = new Set([turn.promptId, ...inputs.flatMap(({ promptId }) => promptId ?? [])]);
  return together(
    await Promise.all([...prompts].map((prompt) => outcomeInTime(context, store, workDir, native, prompt))),
  );
}

function together(outcomes: readonly PromptOutcome[]): PromptOutcome {
  const [first = { state: 'unknown' } as const] = outcomes;
  const known = outcomes.flatMap((one) => (one.state === 'ended' || one.state === 'open' ? [one] : []));
  if (known.length < 2) return known[0] ?? first;
  const nativeId = known.find((one) => one.nativeId)?.nativeId;
  // What was said before the next message was taken in counts, too: nothing ends there, and it was not delivered yet.
  const text = allOf(known);
  if (known.some(({ state }) => state === 'open')) return { state: 'open', text, nativeId };
  return { state: 'ended', ok: known.some((one) => one.state === 'ended' && one.ok), text, nativeId };
}

/** Each text once: one answer to several messages stands behind each of them. */
function allOf(outcomes: readonly { readonly text: string }[]): string {
  const texts = [...new Set(outcomes.map(({ text }) => text.trim()))].filter(Boolean);
  const whole = texts.filter((text) => !texts.some((other) => other !== text && other.includes(text)));
  return whole.join('\n\n');
}
