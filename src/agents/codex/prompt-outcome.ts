import type { PromptOutcome } from '../../core/agent.ts';
import type { PromptId } from '../../core/ids.ts';
import { isRecord, text, type Wire } from '../../kit/acp/wire.ts';
import { eventOf, itemOf } from './rollout-lines.ts';

/** Where a prompt stands in a rollout, -1 when it does not. The last one counts when it was given again. */
export function promptIn(lines: readonly Wire[], prompt: PromptId): number {
  return lines.findLastIndex((line) => {
    const item = itemOf(line);
    return item?.type === 'UserMessage' && item.client === prompt;
  });
}

/**
 * What became of a prompt that is in the rollout: a turn ends with `task_complete` (with `error` when it failed) or
 * `turn_aborted`; a process that was killed leaves neither, and another turn may follow.
 */
export function promptOutcome(lines: readonly Wire[], prompt: PromptId): PromptOutcome {
  const at = promptIn(lines, prompt);
  const own = lines[at] === undefined ? undefined : itemOf(lines[at]);
  if (own === undefined) return { state: 'absent' };
  const said: string[] = [];
  const finished = (ok: boolean): PromptOutcome => ({ state: 'ended', text: said.join('\n\n'), ok });
  for (const line of lines.slice(at + 1)) {
    const item = itemOf(line);
    if (item?.type === 'AgentMessage' && item.turn === own.turn && item.text !== '') said.push(item.text);
    const event = eventOf(line);
    if (event === undefined) continue;
    const turn = text(event.turn_id);
    if (event.type === 'task_complete' && turn === own.turn) return finished(!isRecord(event.error));
    if (event.type === 'turn_aborted' && (turn === undefined || turn === own.turn)) return finished(false);
    if (event.type === 'task_started' && turn !== own.turn) return finished(false);
  }
  return { state: 'open', text: said.join('\n\n') };
}
