import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Io } from './io.ts';

/**
 * Where the daemon of a client command keeps its state: the flag, else `CC_DATA_DIR` (set inside agents), else what the
 * configuration that `cc-connect` would start with says, else `~/.cc-connect`.
 */
export async function clientDataDir(flag: string | undefined, io: Io): Promise<string> {
  const named = flag || io.env.CC_DATA_DIR;
  if (named) return resolve(io.cwd, expand(named, io));
  const fallback = join(home(io), '.cc-connect');
  for (const file of configCandidates(io)) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    if (!/^\s*data_dir\s*=/m.test(text)) return fallback;
    const { dataDirOf } = await import('../config/data-dir.ts');
    return dataDirOf(text, io.env, io.cwd);
  }
  return fallback;
}

/** Files the configuration is looked for in, first match wins. */
export function configCandidates(io: Io): readonly string[] {
  return [join(io.cwd, 'config.toml'), join(home(io), '.cc-connect', 'config.toml')];
}

export function home(io: Io): string {
  return io.env.HOME || io.env.USERPROFILE || homedir();
}

function expand(path: string, io: Io): string {
  return path === '~' || path.startsWith('~/') ? join(home(io), path.slice(1)) : path;
}
