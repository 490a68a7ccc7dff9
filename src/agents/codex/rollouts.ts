import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { asId, type NativeId } from '../../core/ids.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export interface Rollout {
  readonly id: NativeId;
  readonly path: string;
  /** ms since the epoch. */
  readonly updatedAt: number;
}

const NAME = /^rollout-.*-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.jsonl$/;
const DAY_MS = 24 * 60 * 60 * 1000;
const STAT_WIDTH = 32;

/** Where Codex keeps config, login and sessions. */
export function codexHome(env: Env): string {
  return env.CODEX_HOME || join(env.HOME || homedir(), '.codex');
}

/**
 * The file of a conversation: `sessions/YYYY/MM/DD/rollout-<local time>-<id>.jsonl`. The id is a UUIDv7 and so tells
 * the day it was begun, give or take the time zone; only when that fails are all days searched.
 */
export async function findRollout(env: Env, id: NativeId): Promise<Rollout | undefined> {
  if (!/^[0-9a-f-]{36}$/.test(id)) return undefined;
  const root = join(codexHome(env), 'sessions');
  const begun = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
  const near = [0, -DAY_MS, DAY_MS].map((shift) => dayFolder(root, begun + shift));
  return (await findIn(near, id)) ?? (await findIn(await dayFolders(root), id));
}

/** All conversations, the one written to last first. */
export async function allRollouts(env: Env): Promise<Rollout[]> {
  const found: Rollout[] = [];
  for (const folder of await dayFolders(join(codexHome(env), 'sessions'))) {
    const names = await entries(folder);
    for (let at = 0; at < names.length; at += STAT_WIDTH) {
      const slice = names.slice(at, at + STAT_WIDTH).map((name) => rollout(join(folder, name)));
      found.push(...(await Promise.all(slice)).filter((one) => one !== undefined));
    }
  }
  return found.sort((a, b) => b.updatedAt - a.updatedAt);
}

async function findIn(folders: readonly string[], id: NativeId): Promise<Rollout | undefined> {
  for (const folder of folders) {
    const name = (await entries(folder)).find((entry) => entry.endsWith(`-${id}.jsonl`));
    if (name !== undefined) return rollout(join(folder, name));
  }
  return undefined;
}

async function rollout(path: string): Promise<Rollout | undefined> {
  const id = NAME.exec(basename(path))?.[1];
  const info = id === undefined ? undefined : await stat(path).catch(() => undefined);
  return id !== undefined && info?.isFile()
    ? { id: asId<NativeId>(id), path, updatedAt: info.mtimeMs }
    : undefined;
}

async function dayFolders(root: string): Promise<string[]> {
  let folders = [root];
  for (let depth = 0; depth < 3; depth++) {
    const below: string[] = [];
    for (const folder of folders) {
      const names = (await entries(folder)).filter((name) => /^\d+$/.test(name));
      below.push(
        ...names
          .sort()
          .reverse()
          .map((name) => join(folder, name)),
      );
    }
    folders = below;
  }
  return folders;
}

function dayFolder(root: string, at: number): string {
  const day = new Date(at);
  if (Number.isNaN(day.getTime())) return root;
  const two = (part: number) => String(part).padStart(2, '0');
  return join(root, String(day.getFullYear()), two(day.getMonth() + 1), two(day.getDate()));
}

/** A folder that is not there holds nothing. */
function entries(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
