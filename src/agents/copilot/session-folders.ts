import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { asId, type NativeId } from '../../core/ids.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** A conversation on disk: a folder with `workspace.yaml` and `events.jsonl`. */
export interface SessionFolder {
  readonly id: NativeId;
  readonly path: string;
  /** ms since the epoch. */
  readonly updatedAt: number;
}

const ID = /^[\w-]{8,64}$/;

/** `$COPILOT_HOME/session-state`, by default in `~/.copilot`. */
export function sessionRoot(env: Env): string {
  return join(env.COPILOT_HOME || join(env.HOME ?? homedir(), '.copilot'), 'session-state');
}

/** All conversations, the one written to last first. */
export async function allSessions(env: Env): Promise<SessionFolder[]> {
  const names = await readdir(sessionRoot(env)).catch(() => []);
  const found = await Promise.all(names.map((name) => sessionFolder(env, name)));
  return found.filter((folder) => folder !== undefined).sort((a, b) => b.updatedAt - a.updatedAt);
}

/** Undefined when there is no such conversation, or nothing in it. */
export async function sessionFolder(env: Env, id: string): Promise<SessionFolder | undefined> {
  if (!ID.test(id)) return undefined;
  const path = join(sessionRoot(env), id);
  const info = await stat(join(path, 'events.jsonl')).catch(() => undefined);
  return info?.isFile() ? { id: asId<NativeId>(id), path, updatedAt: info.mtimeMs } : undefined;
}

/** Folder and name of a conversation, from the few plain lines of `workspace.yaml`. */
export async function readWorkspace(
  folder: SessionFolder,
): Promise<{ readonly cwd: string | undefined; readonly name: string | undefined }> {
  const yaml = await readFile(join(folder.path, 'workspace.yaml'), 'utf8').catch(() => '');
  return { cwd: scalar(yaml, 'cwd'), name: scalar(yaml, 'name') };
}

/** The value of a key at the beginning of a line; quoted ones are unquoted, longer forms are not understood. */
export function scalar(yaml: string, key: string): string | undefined {
  const value = new RegExp(`^${key}:[ \\t]+(.+?)[ \\t]*$`, 'm').exec(yaml)?.[1];
  if (value === undefined || /^[|>]/.test(value)) return undefined;
  if (value.startsWith("'") && value.endsWith("'")) return value.slice(1, -1).replaceAll("''", "'");
  if (!value.startsWith('"')) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'string' ? parsed : undefined;
  } catch {
    return value.slice(1, -1);
  }
}
