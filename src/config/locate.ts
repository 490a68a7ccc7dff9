/** Which config file is meant. */
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { expandHome } from './paths.ts';

export interface LocatedConfig {
  /** Absolute. */
  readonly path: string;
  readonly exists: boolean;
  /** Which rule of the lookup order decided. */
  readonly from: 'flag' | 'cwd' | 'home';
}

export interface LocateOptions {
  /** The value of `--config`. */
  readonly flag?: string | undefined;
  readonly cwd?: string;
  readonly home?: string;
}

/** Lookup order: `--config`, then `./config.toml`, then `~/.cc-connect/config.toml` (also when it does not exist yet). */
export async function locateConfig(options: LocateOptions = {}): Promise<LocatedConfig> {
  const cwd = options.cwd ?? process.cwd();
  const home = options.home ?? homedir();
  if (options.flag !== undefined && options.flag !== '') {
    const path = resolve(cwd, expandHome(options.flag, home));
    return { path, exists: await isThere(path), from: 'flag' };
  }
  const local = join(cwd, 'config.toml');
  if (await isThere(local)) return { path: local, exists: true, from: 'cwd' };
  const path = join(home, '.cc-connect', 'config.toml');
  return { path, exists: await isThere(path), from: 'home' };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
