import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { asId, type NativeId } from '../../core/ids.ts';
import { isRecord, text } from '../../kit/acp/wire.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** A conversation on disk. */
export interface SessionFile {
  readonly id: NativeId;
  readonly path: string;
  /** ms since the epoch. */
  readonly updatedAt: number;
}

/** `<time>_<session id>.jsonl`; the time is that of the beginning, so names sort by it. */
const NAME = /^\d{4}-[\dTZ-]+_([\w-]+)\.jsonl$/;

/**
 * The folder of the conversations of one working directory: `~/.pi/agent/sessions/--<path>--`, or the one folder for all
 * that a variable or a setting names.
 */
export async function sessionFolder(env: Env, workDir: string): Promise<string> {
  const cwd = await realpath(workDir).catch(() => workDir);
  const agent = homePath(env, env.PI_CODING_AGENT_DIR ?? '~/.pi/agent');
  const told =
    env.PI_CODING_AGENT_SESSION_DIR ||
    (await sessionDirSetting(join(cwd, '.pi', 'settings.json'))) ||
    (await sessionDirSetting(join(agent, 'settings.json')));
  if (told) {
    const folder = homePath(env, told);
    return isAbsolute(folder) ? folder : resolve(cwd, folder);
  }
  const name = cwd.replace(/^[/\\]/, '').replaceAll(/[/\\:]/g, '-');
  return join(agent, 'sessions', `--${name}--`);
}

/** The newest ones, by the time of their last change. `limit` bounds how many are looked at, the youngest first. */
export async function newestSessions(folder: string, limit: number): Promise<SessionFile[]> {
  const names = (await entries(folder)).filter((name) => NAME.test(name));
  names.sort().reverse();
  const found = await Promise.all(names.slice(0, limit).map((name) => sessionFile(folder, name)));
  return found.filter((file) => file !== undefined).sort((a, b) => b.updatedAt - a.updatedAt);
}

export async function findSession(folder: string, id: NativeId): Promise<SessionFile | undefined> {
  const name = (await entries(folder)).find((entry) => entry.endsWith(`_${id}.jsonl`));
  return name === undefined ? undefined : sessionFile(folder, name);
}

async function sessionFile(folder: string, name: string): Promise<SessionFile | undefined> {
  const id = NAME.exec(name)?.[1];
  const path = join(folder, name);
  const info = id === undefined ? undefined : await stat(path).catch(() => undefined);
  return id !== undefined && info?.isFile()
    ? { id: asId<NativeId>(id), path, updatedAt: info.mtimeMs }
    : undefined;
}

async function sessionDirSetting(path: string): Promise<string | undefined> {
  const content = await readFile(path, 'utf8').catch(() => '{}');
  try {
    const settings: unknown = JSON.parse(content);
    return isRecord(settings) ? text(settings.sessionDir) : undefined;
  } catch {
    // pi itself reports a broken file; what it then uses is its default.
    return undefined;
  }
}

function homePath(env: Env, path: string): string {
  const home = env.HOME ?? homedir();
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}

/** A folder that is not there holds nothing. */
function entries(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
