import type { HistoryEntry, PromptOutcome } from '../../core/agent.ts';
import type { PromptId } from '../../core/ids.ts';
import { record, text, type Wire } from '../../kit/acp/wire.ts';
import { PROMPT_ENTRY, START_ENTRY } from './companion.ts';
import { contentText } from './content.ts';

const MAX_TITLE = 80;

/** What people and the model said to each other. */
export function readHistory(lines: readonly Wire[]): HistoryEntry[] {
  return lines.flatMap((line): HistoryEntry[] => {
    if (line.type !== 'message') return [];
    const message = record(line.message);
    const said = contentText(message.content, 'text');
    const { role } = message;
    if (said === '' || (role !== 'user' && role !== 'assistant')) return [];
    return [{ role, text: said, at: Date.parse(text(line.timestamp) ?? '') || 0 }];
  });
}

/** The name that was given last; undefined when there is none among these lines. */
export function readName(lines: readonly Wire[]): string | undefined {
  const named = lines.findLast((line) => line.type === 'session_info');
  return named === undefined ? undefined : oneLine(text(named.name) ?? '');
}

/** The first words of a person. */
export function readTitle(lines: readonly Wire[]): string | undefined {
  return oneLine(readHistory(lines).find(({ role }) => role === 'user')?.text ?? '');
}

/** Where the mark of a prompt stands, -1 when it does not. The last one counts when it was given again. */
export function promptIn(lines: readonly Wire[], prompt: PromptId): number {
  return lines.findLastIndex(
    (line) => line.type === 'custom' && line.customType === PROMPT_ENTRY && record(line.data).id === prompt,
  );
}

/**
 * What became of a prompt whose mark is in the file. The message follows the mark; it is over with the first message of
 * the model that stopped for another reason than a tool, or when a process took over from one that was cut off.
 */
export function promptOutcome(lines: readonly Wire[], prompt: PromptId): PromptOutcome {
  const at = promptIn(lines, prompt);
  const after = lines.slice(at + 1);
  // The mark of a message that was steered into a turn stands before what the turn said until the message was read.
  const begin = after.findIndex((line) => isTakeover(line) || record(line.message).role === 'user');
  const first = after[begin];
  if (at < 0 || first === undefined || isTakeover(first)) return { state: 'absent' };
  const said: string[] = [];
  let stopped: string | undefined;
  for (const line of after.slice(begin + 1)) {
    const { role, content, stopReason } = record(line.message);
    // A failure may be followed by another try, and a tool by a message that was steered into the turn.
    const isOver = role === 'user' && stopped !== 'toolUse';
    if (isOver || isTakeover(line)) return ended(stopped, said);
    if (role !== 'assistant') continue;
    const words = contentText(content, 'text');
    if (words !== '') said.push(words);
    stopped = text(stopReason);
    if (stopped === 'stop' || stopped === 'length') break;
  }
  return stopped === undefined || stopped === 'toolUse'
    ? { state: 'open', text: said.join('\n\n') }
    : ended(stopped, said);
}

function ended(stopped: string | undefined, said: readonly string[]): PromptOutcome {
  return { state: 'ended', text: said.join('\n\n'), ok: stopped === 'stop' };
}

function isTakeover(line: Wire): boolean {
  return line.type === 'custom' && line.customType === START_ENTRY;
}

function oneLine(said: string): string | undefined {
  const line = said.replace(/\s+/g, ' ').trim();
  if (line === '') return undefined;
  return line.length <= MAX_TITLE ? line : `${line.slice(0, MAX_TITLE - 1)}…`;
}
