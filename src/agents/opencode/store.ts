import { realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { AgentStore, HistoryEntry, NativeSession } from '../../core/agent.ts';
import { asId, type NativeId } from '../../core/ids.ts';
import { number, record, text, type Wire } from '../../kit/acp/wire.ts';
import { type Database, openSqlite } from '../../kit/sqlite.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** OpenCode's data folder and the database in it (1.18.33; older versions kept JSON files). */
export function databasePath(env: Environment): string {
  const folder = join(env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local', 'share'), 'opencode');
  const named = env.OPENCODE_DB;
  if (!named) return join(folder, 'opencode.db');
  return isAbsolute(named) ? named : join(folder, named);
}

/** Conversations in OpenCode's database, opened read-only; `remove` lets the program itself delete one. */
export function databaseStore(path: string, remove: (id: NativeId) => Promise<boolean>): AgentStore {
  return {
    list: async (workDir, limit) => {
      const folder = await resolved(workDir);
      return reading(path, [], (database) => list(database, folder, limit));
    },
    has: (workDir, id) => has(path, workDir, id),
    history: (_workDir, id, entries) => reading(path, [], (database) => history(database, id, entries)),
    remove: async (workDir, id) => (await has(path, workDir, id)) && remove(id),
  };
}

async function has(path: string, workDir: string, id: NativeId): Promise<boolean> {
  const folder = await resolved(workDir);
  return reading(path, false, (database) => find(database, folder, id) !== undefined);
}

/** OpenCode knows folders by their own name, not by that of a link to them. */
function resolved(workDir: string): Promise<string> {
  return realpath(workDir).catch(() => workDir);
}

async function reading<T>(path: string, missing: T, use: (database: Database) => T): Promise<T> {
  if (!(await stat(path).catch(() => undefined))?.isFile()) return missing;
  const database = openSqlite(path, { readonly: true });
  try {
    return use(database);
  } finally {
    database.close();
  }
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
  const parts = database.prepare('SELECT data FROM part WHERE message_id = ? ORDER BY id');
  const found: HistoryEntry[] = [];
  for (const message of messages.iterate(id) as IterableIterator<Wire>) {
    const role = text(parse(message.data).role) === 'user' ? 'user' : 'assistant';
    const said = (parts.all(message.id) as Wire[]).map(({ data }) => saidOf(parse(data))).join('');
    if (said.trim() === '') continue;
    found.unshift({ role, text: said.trim(), at: number(message.time_created) ?? 0 });
    if (found.length >= entries) break;
  }
  return found;
}

/** Texts that OpenCode adds by itself are marked. */
function saidOf(part: Wire): string {
  return text(part.type) === 'text' && part.synthetic !== true ? (text(part.text) ?? '') : '';
}

function parse(data: unknown): Wire {
  try {
    return record(JSON.parse(text(data) ?? ''));
  } catch {
    return {}; // Another version's form.
  }
}
