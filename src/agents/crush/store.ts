import type { AgentStore, HistoryEntry } from '../../core/agent.ts';
import { asId, type NativeId } from '../../core/ids.ts';
import { record, text } from '../../kit/acp/wire.ts';
import type { JournalEntry, PromptJournal } from '../../kit/prompt-journal.ts';
import { outcomeAmong, outcomeByJournal, type StoredMessage } from '../../kit/prompt-outcome.ts';
import { type Database, readSqlite } from '../../kit/sqlite.ts';
import { hasSession, lastMessages, type Message, saidIn, sessionRows, timeOf } from './database.ts';

const MAX_MESSAGES = 2_000;
/** Conversations that are looked through for a prompt that began one. */
const MAX_SESSIONS = 20;
/** Times are kept in whole seconds. */
const STEP_MS = 1_000;

/** Conversations in `crush.db`, opened read-only; `remove` lets the program itself delete one. */
export function databaseStore(
  path: (workDir: string) => Promise<string>,
  journal: PromptJournal,
  remove: (workDir: string, id: NativeId) => Promise<boolean>,
): AgentStore {
  const has = async (workDir: string, id: NativeId) =>
    readSqlite(await path(workDir), false, (database) => hasSession(database, id));
  return {
    has,
    list: async (workDir, limit) =>
      readSqlite(await path(workDir), [], (database) =>
        sessionRows(database, limit).map((row) => ({
          id: asId<NativeId>(text(row.id) ?? ''),
          title: text(row.title) ?? '',
          updatedAt: timeOf(row.updated_at),
        })),
      ),
    history: async (workDir, id, entries) =>
      readSqlite(await path(workDir), [], (database) => history(database, id, entries)),
    outcome: (workDir, id, prompt) =>
      outcomeByJournal(journal, id, prompt, async (entry) =>
        readSqlite(await path(workDir), undefined, (database) =>
          outcomeAmong(conversationsSince(database, entry), entry),
        ),
      ),
    remove: async (workDir, id) => (await has(workDir, id)) && remove(workDir, id),
  };
}

function history(database: Database, id: NativeId, entries: number): HistoryEntry[] {
  const found: HistoryEntry[] = [];
  for (const message of lastMessages(database, id, MAX_MESSAGES)) {
    if (found.length >= entries) break;
    const said = message.isSummary ? '' : saidIn(message);
    const { role, at } = message;
    if (said !== '' && (role === 'user' || role === 'assistant')) found.unshift({ role, text: said, at });
  }
  return found;
}

function conversationsSince(database: Database, entry: JournalEntry) {
  const ids =
    entry.session === undefined
      ? sessionRows(database, MAX_SESSIONS).flatMap(({ id }) => text(id) ?? [])
      : [entry.session];
  return ids.map((id) => {
    const since = lastMessages(database, id, MAX_MESSAGES)
      .filter(({ at }) => at > entry.at - STEP_MS)
      .reverse();
    return [id, since.flatMap(storedMessage)] as const;
  });
}

function storedMessage(message: Message): StoredMessage[] {
  if (message.isSummary) return [];
  const said = saidIn(message);
  if (message.role === 'user') return [{ role: 'user', text: said }];
  return message.role === 'assistant' ? [{ role: 'assistant', text: said, end: endOf(message) }] : [];
}

/** The last part of an answer tells why it ended; one that wants a tool is followed by another. */
function endOf({ parts }: Message): StoredMessage['end'] {
  const finish = parts.find(({ type }) => type === 'finish');
  const reason = text(record(finish?.data).reason);
  if (reason === undefined || reason === 'tool_use') return undefined;
  return reason === 'end_turn' ? 'done' : 'failed';
}
