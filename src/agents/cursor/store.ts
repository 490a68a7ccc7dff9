import { createHash } from 'node:crypto';
import { readdir, realpath, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { AgentStore, HistoryEntry, NativeSession } from '../../core/agent.ts';
import { asId, type NativeId } from '../../core/ids.ts';
import { isRecord, number, record, records, text, type Wire } from '../../kit/acp/wire.ts';
import { type Database, openSqlite } from '../../kit/sqlite.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Messages of a conversation that are looked at; each is a row of its own. */
const MAX_MESSAGES = 2_000;
const TITLE_CHARS = 60;

/**
 * Chats under `<root>/<md5 of the folder>/<chat id>/store.db`, opened read-only: a table `meta` whose row `0` is
 * (hex-encoded) JSON with name and newest root, and `blobs` by hash. A root blob lists the hashes of its messages as
 * protobuf fields 1 of 32 bytes; message blobs are JSON.
 */
export function chatStore(env: Env): AgentStore {
  return {
    list: (workDir, limit) => list(env, workDir, limit),
    has: async (workDir, id) => (await chatFolder(env, workDir, id)) !== undefined,
    history: async (workDir, id, entries) => {
      const folder = await chatFolder(env, workDir, id);
      return folder === undefined ? [] : historyOf(join(folder, 'store.db')).slice(-entries);
    },
    remove: async (workDir, id) => {
      const folder = await chatFolder(env, workDir, id);
      if (folder !== undefined) await rm(folder, { recursive: true });
      return folder !== undefined;
    },
  };
}

async function list(env: Env, workDir: string, limit: number): Promise<readonly NativeSession[]> {
  const found: { path: string; id: string; updatedAt: number }[] = [];
  for (const folder of await workspaceFolders(env, workDir)) {
    for (const id of await readdir(folder).catch(() => [])) {
      const path = join(folder, id, 'store.db');
      const info = await stat(path).catch(() => undefined);
      if (info?.isFile() && !found.some((other) => other.id === id))
        found.push({ path, id, updatedAt: info.mtimeMs });
    }
  }
  return found
    .sort((one, other) => other.updatedAt - one.updatedAt)
    .slice(0, limit)
    .map(({ path, id, updatedAt }) => ({ id: asId<NativeId>(id), title: titleOf(path) ?? id, updatedAt }));
}

async function chatFolder(env: Env, workDir: string, id: NativeId): Promise<string | undefined> {
  // An id is one folder's name, never a way to another one.
  if (!/^[\w-]+$/.test(id)) return undefined;
  for (const folder of await workspaceFolders(env, workDir)) {
    const path = join(folder, id);
    if ((await stat(join(path, 'store.db')).catch(() => undefined))?.isFile()) return path;
  }
  return undefined;
}

async function workspaceFolders(env: Env, workDir: string): Promise<readonly string[]> {
  const home = env.HOME ?? homedir();
  const roots = [
    ...(env.XDG_CONFIG_HOME ? [join(env.XDG_CONFIG_HOME, 'Cursor', 'chats')] : []),
    join(home, '.config', 'Cursor', 'chats'),
    join(home, '.cursor', 'chats'),
  ];
  const real = await realpath(workDir).catch(() => workDir);
  const keys = [...new Set([workDir, real])].map((path) => createHash('md5').update(path).digest('hex'));
  return roots.flatMap((root) => keys.map((key) => join(root, key)));
}

function titleOf(path: string): string | undefined {
  return withDatabase(path, undefined, (database) => {
    const name = text(metaOf(database).name)?.trim();
    if (name && name !== 'New Agent') return cut(name);
    const first = messages(database).find(({ role }) => role === 'user');
    return first === undefined ? undefined : cut(first.text.split('\n')[0] ?? '');
  });
}

function cut(title: string): string | undefined {
  const chars = [...title.trim()];
  if (chars.length === 0) return undefined;
  return chars.length > TITLE_CHARS ? `${chars.slice(0, TITLE_CHARS).join('')}…` : chars.join('');
}

function historyOf(path: string): readonly HistoryEntry[] {
  return withDatabase(path, [], messages);
}

/** A chat that is being written, or of a version that keeps it otherwise, has nothing to tell. */
function withDatabase<T>(path: string, nothing: T, use: (database: Database) => T): T {
  let database: Database | undefined;
  try {
    database = openSqlite(path, { readonly: true, timeout: 500 });
    return use(database);
  } catch (error) {
    if (isSqliteError(error)) return nothing;
    throw error;
  } finally {
    database?.close();
  }
}

function isSqliteError(error: unknown): boolean {
  return error instanceof Error && error.name === 'SqliteError';
}

function metaOf(database: Database): Wire {
  const row = record(database.prepare(`SELECT value FROM meta WHERE key = '0'`).get());
  const value = Buffer.isBuffer(row.value) ? row.value.toString('utf8') : (text(row.value) ?? '');
  const plain = /^[0-9a-f]+$/i.test(value) ? Buffer.from(value, 'hex').toString('utf8') : value;
  return parse(plain);
}

function messages(database: Database): HistoryEntry[] {
  const root = text(metaOf(database).latestRootBlobId);
  if (root === undefined) return [];
  const blob = database.prepare('SELECT data FROM blobs WHERE id = ?');
  const dataOf = (id: string) => {
    const { data } = record(blob.get(id));
    return Buffer.isBuffer(data) ? data : Buffer.from(text(data) ?? '');
  };
  return references(dataOf(root))
    .slice(-MAX_MESSAGES)
    .flatMap((id) => entryOf(parse(dataOf(id).toString('utf8'))) ?? []);
}

/** Hashes at the beginning of a root blob: tag 0x0a, length 0x20, 32 bytes. */
function references(root: Buffer): string[] {
  const ids: string[] = [];
  for (let at = 0; root[at] === 0x0a && root[at + 1] === 0x20; at += 34)
    ids.push(root.subarray(at + 2, at + 34).toString('hex'));
  return ids;
}

function entryOf(message: Wire): HistoryEntry | undefined {
  const role = text(message.role);
  if (role !== 'user' && role !== 'assistant') return undefined;
  const said =
    text(message.content) ??
    records(message.content)
      .map((part) => (text(part.type) === 'text' ? (text(part.text) ?? '') : ''))
      .join('');
  const words = role === 'user' ? ownWords(said) : said.trim();
  return words === '' ? undefined : { role, text: words, at: number(message.createdAt) ?? 0 };
}

/** What the person wrote stands in a tag; other tags hold what the program adds. */
function ownWords(said: string): string {
  const query = /<user_query>\s*([\s\S]*?)\s*<\/user_query>/.exec(said)?.[1];
  if (query !== undefined) return query;
  return said.trimStart().startsWith('<') ? '' : said.trim();
}

function parse(json: string): Wire {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : {};
  } catch {
    // Blobs that are no messages are protobuf.
    return {};
  }
}
