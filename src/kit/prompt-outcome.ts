import type { PromptOutcome } from '../core/agent.ts';
import { asId, type NativeId, type PromptId } from '../core/ids.ts';
import { isTextOf, type JournalEntry, type PromptJournal } from './prompt-journal.ts';

/** A message of an agent's transcript. */
export interface StoredMessage {
  readonly role: 'user' | 'assistant';
  /** Without what the agent has added by itself; a person's message of nothing else is none of theirs. */
  readonly text: string;
  /** Of an answer with which its turn was over; undefined when more was to come. */
  readonly end?: 'done' | 'failed' | undefined;
}

export interface FoundOutcome {
  readonly outcome: PromptOutcome;
  readonly nativeId: NativeId;
}

/**
 * What became of a prompt by its entry. `look` reads the transcript of the entry's conversation and says which one it
 * was; undefined when there is none. Which one is passed on when the caller does not know it (`id`).
 */
export async function outcomeByJournal(
  journal: PromptJournal,
  id: NativeId | undefined,
  prompt: PromptId,
  look: (entry: JournalEntry) => Promise<FoundOutcome | undefined>,
): Promise<PromptOutcome> {
  const entry = await journal.find(prompt);
  // It is noted before it is handed over.
  const found = entry === undefined ? undefined : await look(entry);
  if (found === undefined) return { state: 'absent' };
  const { outcome, nativeId } = found;
  const isNews = id === undefined && (outcome.state === 'ended' || outcome.state === 'open');
  return isNews ? { ...outcome, nativeId } : outcome;
}

/**
 * The same where the conversation is not known, as it was begun by this very prompt: looked for in those that were
 * written to since, by the prompt's text.
 */
export function outcomeAmong(
  conversations: Iterable<readonly [id: string, since: readonly StoredMessage[]]>,
  entry: JournalEntry,
): FoundOutcome | undefined {
  const found: FoundOutcome[] = [];
  for (const [id, since] of conversations) {
    const outcome = promptOutcome(since, entry);
    if (outcome.state !== 'absent') found.push({ outcome, nativeId: asId<NativeId>(id) });
  }
  const sure = found.filter(({ outcome }) => outcome.state !== 'unknown');
  // What others said in other words is none of our business.
  const candidates = sure.length > 0 || entry.session === undefined ? sure : found;
  const [first] = candidates;
  // Two conversations that began with the same words at the same time cannot be told apart.
  return first === undefined || candidates.length === 1 ? first : { ...first, outcome: { state: 'unknown' } };
}

/**
 * What became of a prompt, from the messages of a conversation since it was handed over. It is over when the last
 * answer behind it says so; a process that was killed leaves none that does, and another prompt may follow.
 */
export function promptOutcome(since: readonly StoredMessage[], entry: JournalEntry): PromptOutcome {
  const prompts = since.filter(isPrompt);
  const prompt = prompts.find(({ text }) => isTextOf(entry, text));
  // Something was said since: it may be this prompt in other words.
  if (prompt === undefined) return { state: prompts.length > 0 ? 'unknown' : 'absent' };
  const after = since.slice(since.indexOf(prompt) + 1);
  const next = after.findIndex(isPrompt);
  const answers = (next < 0 ? after : after.slice(0, next)).filter(({ role }) => role === 'assistant');
  const words = answers.map(({ text }) => text).filter((text) => text !== '');
  const text = words.join('\n\n');
  const end = answers.at(-1)?.end;
  if (end !== undefined) return { state: 'ended', text, ok: end === 'done' };
  return next < 0 ? { state: 'open', text } : { state: 'ended', text, ok: false };
}

function isPrompt({ role, text }: StoredMessage): boolean {
  return role === 'user' && text !== '';
}
