import { readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

export interface Transcript {
  /** The conversation's id, which is the file's name. */
  readonly id: string;
  readonly path: string;
  /** ms since the epoch. */
  readonly updatedAt: number;
  readonly size: number;
}

/** `~/.iflow/projects/<folder with - for separators>/session-….jsonl`, links in the folder's name resolved. */
export async function transcriptFolder(env: Env, workDir: string): Promise<string> {
  const real = await realpath(workDir).catch(() => workDir);
  return join(env.HOME || homedir(), '.iflow', 'projects', real.replaceAll(/[\\/:]/g, '-'));
}

/** Newest first. */
export async function transcripts(folder: string): Promise<readonly Transcript[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names
      .filter((name) => /^session-[\w-]+\.jsonl$/.test(name))
      .map(async (name): Promise<Transcript | undefined> => {
        const path = join(folder, name);
        const info = await stat(path).catch(() => undefined);
        if (info === undefined) return undefined;
        return { id: name.slice(0, -'.jsonl'.length), path, updatedAt: info.mtimeMs, size: info.size };
      }),
  );
  return found.flatMap((one) => one ?? []).sort((one, other) => other.updatedAt - one.updatedAt);
}
