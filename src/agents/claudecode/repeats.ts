import type { PromptId } from '../../core/ids.ts';
import { uuidV5 } from '../../kit/ids.ts';

/**
 * The CLI runs no prompt whose uuid it has seen before: it only echoes it. A prompt that is given again on purpose,
 * because its first turn was lost with a process, therefore goes under another uuid, derived so that it is found
 * again in the transcript.
 */
export const MAX_REPEATS = 8;

/** The uuid of the `n`th repetition; the first sending is number 0. */
export function promptUuid(prompt: PromptId, n: number): string {
  return n === 0 ? prompt : uuidV5(`${prompt}#${n}`);
}

/** All uuids a prompt may go by. */
export function promptUuids(prompt: PromptId): Set<string> {
  return new Set(Array.from({ length: MAX_REPEATS + 1 }, (_, n) => promptUuid(prompt, n)));
}
