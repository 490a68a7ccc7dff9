import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { number, record, records, text, type Wire } from '../../kit/acp/wire.ts';
import { isSameFolder } from '../../kit/same-folder.ts';
import type { Database } from '../../kit/sqlite.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Times are seconds; a number beyond this is milliseconds. */
const LAST_SECONDS = 100_000_000_000;

/** A part of a message: `type` names the kind, `data` is the part itself. */
export interface Part {
  readonly type: string;
  readonly data: Wire;
}

export interface Message {
  readonly row: number;
  readonly id: string;
  readonly role: string;
  readonly parts: readonly Part[];
  /** ms since the epoch. */
  readonly at: number;
  /** What Crush made of the conversation to shrink it. */
  readonly isSummary: boolean;
}

/**
 * `crush.db` of a folder: in the folder for data that was configured, in the one that Crush noted for it in
 * `projects.json`, or in `.crush`.
 */
export async function databasePath(
  env: Environment,
  workDir: string,
  dataDir: string | undefined,
): Promise<string> {
  const folder = dataDir ?? (await notedFolder(env, workDir)) ?? '.crush';
  return join(isAbsolute(folder) ? folder : join(workDir, folder), 'crush.db');
}

async function notedFolder(env: Environment, workDir: string): Promise<string | undefined> {
  const home = env.HOME || homedir();
  const shared = env.XDG_DATA_HOME || join(home, '.local', 'share');
  const path = join(env.CRUSH_GLOBAL_DATA || join(shared, 'crush'), 'projects.json');
  const noted = await readFile(path, 'utf8').catch(() => '{}');
  for (const project of records(record(parse(noted)).projects)) {
    const folder = text(project.path);
    if (folder !== undefined && (await isSameFolder(folder, workDir))) return text(project.data_dir);
  }
  return undefined;
}

/** Rows of `sessions` that people began, newest first; those of helpers and of titles have a parent. */
export function sessionRows(database: Database, limit: number): readonly Wire[] {
  return database
    .prepare(
      `SELECT rowid, id, title, updated_at FROM sessions WHERE parent_session_id IS NULL
       ORDER BY updated_at DESC, rowid DESC LIMIT ?`,
    )
    .all(limit) as Wire[];
}

/** Conversations that were begun behind this row, in that order. */
export function sessionsBehind(database: Database, row: number): readonly string[] {
  const rows = database
    .prepare('SELECT id FROM sessions WHERE parent_session_id IS NULL AND rowid > ? ORDER BY rowid LIMIT 100')
    .all(row) as Wire[];
  return rows.flatMap(({ id }) => text(id) ?? []);
}

/** The last of the conversations that were begun before this time (ms), by their row. */
export function lastSessionBefore(database: Database, at: number): number {
  const rows = database
    .prepare('SELECT rowid, created_at FROM sessions ORDER BY rowid DESC LIMIT 1000')
    .all() as Wire[];
  // Whole seconds: one of the same second may be the new one.
  const before = rows.find(({ created_at }) => timeOf(created_at) < at - 1_000);
  return number(before?.rowid) ?? 0;
}

export function hasSession(database: Database, id: string): boolean {
  const found = database.prepare('SELECT 1 FROM sessions WHERE id = ? AND parent_session_id IS NULL').get(id);
  return found !== undefined;
}

/** The last row of a table, 0 when it is empty. */
export function lastRow(database: Database, table: 'sessions' | 'messages'): number {
  return number(record(database.prepare(`SELECT max(rowid) AS row FROM ${table}`).get()).row) ?? 0;
}

/** Messages of a conversation behind a row, in the order they were written. */
export function messagesBehind(database: Database, session: string, row: number, limit: number): Message[] {
  const rows = database
    .prepare(
      `SELECT rowid, * FROM messages WHERE session_id = ? AND rowid > ?
       ORDER BY rowid LIMIT ?`,
    )
    .all(session, row, limit) as Wire[];
  return rows.map(messageOf);
}

/** The last messages of a conversation, newest first. */
export function lastMessages(database: Database, session: string, limit: number): Message[] {
  const rows = database
    .prepare(
      `SELECT rowid, * FROM messages WHERE session_id = ?
       ORDER BY rowid DESC LIMIT ?`,
    )
    .all(session, limit) as Wire[];
  return rows.map(messageOf);
}

/** What was said in a message, without what Crush added by itself. */
export function saidIn({ parts }: Message): string {
  return parts
    .map(({ type, data }) => (type === 'text' && data.hidden !== true ? (text(data.text) ?? '') : ''))
    .join('')
    .trim();
}

/** ms since the epoch from a column of times. */
export function timeOf(value: unknown): number {
  const at = number(value) ?? 0;
  return at > LAST_SECONDS ? at : at * 1_000;
}

function messageOf(row: Wire): Message {
  const parts = records(parse(text(row.parts) ?? String(row.parts))).map(({ type, data }) => ({
    type: text(type) ?? '',
    data: record(data),
  }));
  return {
    row: number(row.rowid) ?? 0,
    id: text(row.id) ?? '',
    role: text(row.role) ?? '',
    parts,
    at: timeOf(row.created_at),
    isSummary: row.is_summary_message === 1,
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // Another version's form.
  }
}
