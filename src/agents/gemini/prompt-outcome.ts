import { asId, type NativeId } from '../../core/ids.ts';
import type { Wire } from '../../kit/acp/wire.ts';
import { tailLines } from '../../kit/jsonl-file.ts';
import type { JournalEntry } from '../../kit/prompt-journal.ts';
import { type FoundOutcome, outcomeAmong, type StoredMessage } from '../../kit/prompt-outcome.ts';
import { type ChatFile, chatFiles, nameEnd } from './chats.ts';
import { messageOf, Transcript } from './transcript.ts';

/** Beyond this a prompt's fate is reported as unknown. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Times of files are coarser than those in them. */
const FILE_TIME_MS = 1_000;
/** Chat files that are looked through for a prompt that began a conversation. */
const MAX_FILES = 20;

/**
 * What became of a prompt, from the chat files of its project (seen with 0.61.0). Nothing in them tells the end of a
 * turn: what is said in front of a tool that still runs looks like an answer. So a prompt is never found to have been
 * answered; it is open, or over because another one follows or because the CLI has taken it back.
 */
export async function outcomeIn(
  project: string,
  entry: JournalEntry,
  sessionOf: (file: ChatFile) => Promise<string | undefined>,
): Promise<FoundOutcome | undefined> {
  const { session } = entry;
  const files = session === undefined ? await chatFiles(project) : await chatFiles(project, nameEnd(session));
  const written = files.filter(({ modified }) => modified > entry.at - FILE_TIME_MS).slice(0, MAX_FILES);
  const conversations = new Map<string, Wire[]>();
  let cut: string | undefined;
  // The files come newest first; a conversation may have several.
  for (const file of written.reverse()) {
    const id = await sessionOf(file);
    if (id === undefined || (session !== undefined && id !== session)) continue;
    const { lines, complete } = await tailLines(file.path, MAX_BYTES, (seen) => reachesBack(seen, entry.at));
    if (!complete && !reachesBack(lines, entry.at)) cut = id;
    conversations.set(id, [...(conversations.get(id) ?? []), ...lines]);
  }
  const found = outcomeAmong(
    [...conversations].map(([id, lines]) => [id, messagesSince(lines, entry.at)] as const),
    entry,
  );
  if (found !== undefined || cut === undefined) return found;
  return { outcome: { state: 'unknown' }, nativeId: asId<NativeId>(cut) };
}

/**
 * The messages of a conversation that were written since, those included that the CLI has taken back: it does so with
 * a prompt that failed or was stopped.
 */
export function messagesSince(lines: readonly Wire[], since: number): StoredMessage[] {
  const kept = new Transcript(lines).ids;
  const messages = new Map<string, StoredMessage & { readonly at: number }>();
  for (const line of lines) {
    const message = messageOf(line);
    if (message !== undefined && message.at >= since) messages.set(message.id, message);
  }
  const told: StoredMessage[] = [];
  let takenBack = false;
  const close = () => {
    if (takenBack) told.push({ role: 'assistant', text: '', end: 'failed' });
  };
  for (const [id, message] of messages) {
    if (message.role === 'user' && message.text !== '') {
      close();
      takenBack = !kept.has(id);
    }
    told.push(message);
  }
  close();
  return told;
}

function reachesBack(lines: readonly Wire[], at: number): boolean {
  return lines.some((line) => (messageOf(line)?.at ?? at) < at);
}
