import { readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Names longer than this are cut by the CLI and get a hash behind. */
const MAX_SLUG = 200;

/** The CLI's own folder: `CLAUDE_CONFIG_DIR`, else `~/.claude`. */
export function configDir(env: Env): string {
  return env.CLAUDE_CONFIG_DIR || join(env.HOME || homedir(), '.claude');
}

/** The folder name for a working directory: everything but letters and digits becomes `-`. */
export function projectSlug(workDir: string): string {
  return workDir.replace(/[^a-zA-Z0-9]/g, '-');
}

/**
 * The existing folders that may hold the transcripts of a working directory. Different directories can share one, so
 * the `cwd` in a transcript has the last word.
 */
export async function projectDirs(env: Env, workDir: string): Promise<string[]> {
  const root = join(configDir(env), 'projects');
  const names = new Set(await readdir(root).catch(() => []));
  // The CLI sees its directory with links resolved.
  const real = await realpath(workDir).catch(() => workDir);
  const found = new Set<string>();
  for (const slug of [projectSlug(real), projectSlug(workDir)]) {
    if (names.has(slug)) found.add(slug);
    if (slug.length <= MAX_SLUG) continue;
    const start = `${slug.slice(0, MAX_SLUG)}-`;
    for (const name of names) if (name.startsWith(start)) found.add(name);
  }
  return [...found].map((name) => join(root, name));
}
