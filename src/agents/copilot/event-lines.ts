import type { HistoryEntry, PromptOutcome } from '../../core/agent.ts';
import { record, text, type Wire } from '../../kit/acp/wire.ts';
import { isTextOf, type JournalEntry } from '../../kit/prompt-journal.ts';

/** A clock that was set while a prompt was on its way must not hide it. */
const CLOCK_SLACK_MS = 5_000;

/** What people and the model said to each other. */
export function readHistory(lines: readonly Wire[]): HistoryEntry[] {
  return lines.flatMap((line): HistoryEntry[] => {
    const said = text(record(line.data).content) ?? '';
    const at = timeOf(line);
    if (said.trim() === '') return [];
    if (line.type === 'user.message') return [{ role: 'user', text: said, at }];
    return line.type === 'assistant.message' ? [{ role: 'assistant', text: said, at }] : [];
  });
}

/** Where a prompt stands among the events, -1 when it does not. */
export function promptIn(lines: readonly Wire[], entry: JournalEntry): number {
  return lines.findIndex((line) => {
    if (line.type !== 'user.message' || timeOf(line) < entry.at - CLOCK_SLACK_MS) return false;
    return isTextOf(entry, text(record(line.data).content) ?? '');
  });
}

/**
 * What became of a prompt. A turn of the model ends with `assistant.turn_end`; the prompt is answered when the message
 * in it wanted no tool, and it is over with `session.error` or `abort`. A process that was killed leaves none of them;
 * another message may follow.
 */
export function promptOutcome(lines: readonly Wire[], entry: JournalEntry): PromptOutcome {
  const at = promptIn(lines, entry);
  if (at < 0) return { state: 'absent' };
  const said: string[] = [];
  const ended = (ok: boolean): PromptOutcome => ({ state: 'ended', text: said.join('\n\n'), ok });
  let answered = false;
  for (const line of lines.slice(at + 1)) {
    const data = record(line.data);
    if (line.type === 'user.message') return ended(false);
    if (line.type === 'session.error' || line.type === 'abort') return ended(false);
    if (line.type === 'assistant.message') {
      const words = text(data.content) ?? '';
      if (words !== '') said.push(words);
      answered = words !== '' && !(Array.isArray(data.toolRequests) && data.toolRequests.length > 0);
    }
    if (line.type === 'assistant.turn_end' && answered) return ended(true);
  }
  return { state: 'open', text: said.join('\n\n') };
}

function timeOf(line: Wire): number {
  return Date.parse(text(line.timestamp) ?? '') || 0;
}
