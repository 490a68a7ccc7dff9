import { isRecord, number, record, text, type Wire } from '../../kit/acp/wire.ts';
import type { JournalEntry } from '../../kit/prompt-journal.ts';
import { type FoundOutcome, outcomeAmong, type StoredMessage } from '../../kit/prompt-outcome.ts';
import type { Database } from '../../kit/sqlite.ts';
import { parse, textsOf } from './message-parts.ts';

const MAX_SESSIONS = 50;
const MAX_MESSAGES = 10_000;

/** What became of a prompt, from the tables of OpenCode's database (seen with 1.18.33). */
export function outcomeIn(
  database: Database,
  workDir: string,
  entry: JournalEntry,
): FoundOutcome | undefined {
  const known = entry.session === undefined ? sessionsSince(database, workDir, entry.at) : [entry.session];
  return outcomeAmong(
    known.map((session) => [session, messagesSince(database, session, entry.at)] as const),
    entry,
  );
}

function sessionsSince(database: Database, workDir: string, since: number): string[] {
  const rows = database
    .prepare(
      `SELECT id FROM session WHERE directory = ? AND parent_id IS NULL AND time_updated >= ?
       ORDER BY time_updated DESC LIMIT ${MAX_SESSIONS}`,
    )
    .all(workDir, since) as Wire[];
  return rows.flatMap(({ id }) => text(id) ?? []);
}

/** What OpenCode says in the person's name, to go on after it has shrunk the context, has no words of theirs. */
function messagesSince(database: Database, session: string, since: number): StoredMessage[] {
  const rows = database
    .prepare(
      `SELECT id, data FROM message WHERE session_id = ? AND time_created >= ? ORDER BY id LIMIT ${MAX_MESSAGES}`,
    )
    .all(session, since) as Wire[];
  return rows.map(({ id, data }): StoredMessage => {
    const message = parse(data);
    const said = textsOf(database, id);
    if (message.role === 'user') return { role: 'user', text: said };
    return { role: 'assistant', text: said, end: endOf(message) };
  });
}

/** An answer that wanted a tool is complete as well, and another one follows. */
function endOf(message: Wire): StoredMessage['end'] {
  if (isRecord(message.error)) return 'failed';
  const finish = text(message.finish);
  const completed = number(record(message.time).completed) !== undefined;
  return completed && finish !== undefined && finish !== 'tool-calls' ? 'done' : undefined;
}
