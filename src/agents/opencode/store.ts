import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { AgentStore, HistoryEntry, NativeSession } from '../../core/agent.ts';
import { asId, type NativeId } from '../../core/ids.ts';
import { number, text, type Wire } from '../../kit/acp/wire.ts';
import type { PromptJournal } from '../../kit/prompt-journal.ts';
import { outcomeByJournal } from '../../kit/prompt-outcome.ts';
import { type Database, readSqlite } from '../../kit/sqlite.ts';
import { parse, textsOf } from './message-parts.ts';
import { outcomeIn } from './outcome.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** OpenCode's data folder and the database in it (1.18.33; older versions kept JSON files). */
export function databasePath(env: Environment): string {
  const folder = join(env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local', 'share'), 'opencode');
  const named = env.OPENCODE_DB;
  if (!named) return join(folder, 'opencode.db');
  return isAbsolute(named) ? named : join(folder, named);
}

/** Conversations in OpenCode's database, opened read-only; `remove` lets the program itself delete one. */
export function databaseStore(
  path: string,
  journal: PromptJournal,
  remove: (id: NativeId) => Promise<boolean>,
): AgentStore {
  return {
    list: async (workDir, limit) => {
      const folder = await resolved(workDir);
      return readSqlite(path, [], (database) => list(database, folder, limit));
    },
    has: (workDir, id) => has(path, workDir, id),
    history: (_workDir, id, entries) => readSqlite(path, [], (database) => history(database, id, entries)),
    outcome: (workDir, id, prompt) =>
      outcomeByJournal(journal, id, prompt, async (entry) => {
        const folder = await resolved(workDir);
        return readSqlite(path, undefined, (database) => outcomeIn(database, folder, entry));
      }),
    remove: async (workDir, id) => (await has(path, workDir, id)) && remove(id),
  };
}

async function has(path: string, workDir: string, id: NativeId): Promise<boolean> {
  const folder = await resolved(workDir);
  return readSqlite(path, false, (database) => find(database, folder, id) !== undefined);
}

/** OpenCode knows folders by their own name, not by that of a link to them. */
function resolved(workDir: string): Promise<string> {
  return realpath(workDir).catch(() => workDir);
}

/** Sessions of helpers have a parent. */
function list(database: Database, workDir: string, limit: number): NativeSession[] {
  const rows = database
    .prepare(
      `SELECT id, title, time_updated FROM session WHERE directory = ? AND parent_id IS NULL
       AND time_archived IS NULL ORDER BY time_updated DESC LIMIT ?`,
    )
    .all(workDir, limit) as Wire[];
  return rows.map((row) => ({
    id: asId<NativeId>(text(row.id) ?? ''),
    title: text(row.title) ?? '',
    updatedAt: number(row.time_updated) ?? 0,
  }));
}

function find(database: Database, workDir: string, id: NativeId): unknown {
  return database.prepare('SELECT 1 FROM session WHERE id = ? AND directory = ?').get(id, workDir);
}

/** Newest messages first until there is enough; a message is made of parts, the text ones are what was said. */
function history(database: Database, id: NativeId, entries: number): HistoryEntry[] {
  const messages = database.prepare(
    'SELECT id, data, time_created FROM message WHERE session_id = ? ORDER BY id DESC LIMIT 2000',
  );
  const found: HistoryEntry[] = [];
  for (const message of messages.iterate(id) as IterableIterator<Wire>) {
    const role = text(parse(message.data).role) === 'user' ? 'user' : 'assistant';
    const said = textsOf(database, message.id);
    if (said === '') continue;
    found.unshift({ role, text: said, at: number(message.time_created) ?? 0 });
    if (found.length >= entries) break;
  }
  return found;
}
