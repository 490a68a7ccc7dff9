import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { record, text } from '../../kit/acp/wire.ts';

/** One chat file. */
export interface ChatFile {
  readonly path: string;
  /** ms since the epoch. */
  readonly modified: number;
}

/**
 * The folder of a project's data below `~/.gemini`: by `projects.json`, which gives every folder a short name, or by
 * a hash of the path as older versions did. Undefined when the CLI has never run there.
 */
export async function projectFolder(gemini: string, workDir: string): Promise<string | undefined> {
  const real = await realpath(workDir).catch(() => workDir);
  const names = await projectNames(gemini);
  const hash = createHash('sha256').update(real).digest('hex');
  for (const name of [names.get(real), names.get(workDir), hash]) {
    if (name === undefined) continue;
    const folder = join(gemini, 'tmp', name);
    if (await stat(folder).catch(() => undefined)) return folder;
  }
  return undefined;
}

/** All chat files of a project, newest first. `end`: how their names end, before the extension. */
export async function chatFiles(project: string, end = ''): Promise<readonly ChatFile[]> {
  const folder = join(project, 'chats');
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const own = names.filter((name) => name.startsWith('session-') && name.endsWith(`${end}.jsonl`));
  const files = await Promise.all(
    own.map(async (name): Promise<ChatFile[]> => {
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      return found === undefined ? [] : [{ path, modified: found.mtimeMs }];
    }),
  );
  return files.flat().sort((a, b) => b.modified - a.modified);
}

/** The end of the file names of a conversation. */
export function nameEnd(id: string): string {
  return `-${id.slice(0, 8)}`;
}

/**
 * Gives a chat file of the running minute the name of an earlier one. A CLI that loads a conversation begins a file
 * named by the minute first, and would empty one of that name (seen with 0.61.0); it finds files by what is in them.
 */
export async function clearMinute(project: string, id: string, now: Date): Promise<void> {
  const folder = join(project, 'chats');
  const at = (minutes: number) => {
    const stamp = new Date(now.getTime() - minutes * 60_000).toISOString().slice(0, 16).replaceAll(':', '-');
    return join(folder, `session-${stamp}${nameEnd(id)}.jsonl`);
  };
  for (let back = 1; back < 60; back++) {
    if (await stat(at(back)).catch(() => undefined)) continue;
    await rename(at(0), at(back)).catch((error: NodeJS.ErrnoException) => {
      // Mostly there is none of this minute.
      if (error.code !== 'ENOENT') throw error;
    });
    return;
  }
}

async function projectNames(gemini: string): Promise<ReadonlyMap<string, string>> {
  const content = await readFile(join(gemini, 'projects.json'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}';
      throw error;
    },
  );
  try {
    const projects = record(record(JSON.parse(content)).projects);
    return new Map(
      Object.entries(projects).flatMap(([path, name]) => (text(name) ? [[path, String(name)]] : [])),
    );
  } catch {
    return new Map(); // Being written just now.
  }
}
