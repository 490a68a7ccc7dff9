import type { HistoryEntry, PromptOutcome } from '../../core/agent.ts';
import type { TurnOutcome } from '../../core/agent-event.ts';
import { number, record, records, text, type Wire } from '../../kit/acp/wire.ts';
import { isTextOf, type JournalEntry } from '../../kit/prompt-journal.ts';

/** A clock that was set while a prompt was on its way must not hide it. */
const CLOCK_SLACK_MS = 5_000;

/** What people and the model said to each other, from the lines of `wire.jsonl`. */
export function readHistory(lines: readonly Wire[]): HistoryEntry[] {
  return lines.flatMap((line): HistoryEntry[] => {
    const at = number(line.time) ?? 0;
    if (line.type === 'turn.prompt') {
      const said = promptText(line);
      return said === '' ? [] : [{ role: 'user', text: said, at }];
    }
    const said = assistantText(line);
    return said === '' ? [] : [{ role: 'assistant', text: said, at }];
  });
}

/** Where a prompt stands, -1 when it does not. */
export function promptIn(lines: readonly Wire[], entry: JournalEntry): number {
  return lines.findIndex((line) => {
    if (line.type !== 'turn.prompt' || (number(line.time) ?? 0) < entry.at - CLOCK_SLACK_MS) return false;
    return isTextOf(entry, promptText(line));
  });
}

/** What became of a prompt: its turn ends with `turn.ended`; after a kill there is none, and another prompt may follow. */
export function promptOutcome(lines: readonly Wire[], entry: JournalEntry): PromptOutcome {
  const at = promptIn(lines, entry);
  if (at < 0) return { state: 'absent' };
  const said: string[] = [];
  const ended = (ok: boolean): PromptOutcome => ({ state: 'ended', text: said.join('\n\n'), ok });
  for (const line of lines.slice(at + 1)) {
    if (line.type === 'turn.prompt') return ended(false);
    if (line.type === 'turn.ended') return ended(line.reason === 'completed');
    const words = assistantText(line);
    if (words !== '') said.push(words);
  }
  return { state: 'open', text: said.join('\n\n') };
}

/** How the last turn ended: `pending` when its end is not written yet, undefined when it went well. */
export function lastFailure(lines: readonly Wire[]): TurnOutcome | 'pending' | undefined {
  const last = lines.findLast((line) => line.type === 'turn.ended' || line.type === 'turn.prompt');
  if (last?.type !== 'turn.ended') return 'pending';
  if (last.reason !== 'failed') return undefined;
  const { message, code, details } = record(last.error);
  const said = text(message) || text(code) || 'The turn failed without a reason.';
  return { status: 'error', message: said, code: errorCode(said, number(record(details).statusCode)) };
}

/** From the text of an error, and the HTTP status where it is known. */
export function errorCode(said: string, status = Number(/\b([45]\d\d)\b/.exec(said)?.[1] ?? 0)) {
  if (status === 401 || status === 403 || /auth|login/i.test(said)) return 'auth';
  if (status === 429 || /rate.?limit|quota/i.test(said)) return 'rate_limit';
  if (status === 404) return 'model';
  return status >= 500 ? 'server' : 'other';
}

function promptText(line: Wire): string {
  return records(line.input)
    .map((part) => text(part.text) ?? '')
    .join('\n');
}

/** A whole message of the model: `{message: {message: {role, content}}}`. */
function assistantText(line: Wire): string {
  const message = record(record(line.message).message);
  if (message.role !== 'assistant') return '';
  if (typeof message.content === 'string') return message.content;
  return records(message.content)
    .filter((part) => part.type === 'text')
    .map((part) => text(part.text) ?? '')
    .join('');
}
