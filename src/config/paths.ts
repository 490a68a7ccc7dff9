/** `~` in path values. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isTable, newTable, type TomlTable, type TomlValue } from './toml.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Keys whose value is a path or a command line that may start with one. */
const PATH_KEY = /(^|_)(dir|file|home|path|cmd|command|cwd|socket)$/;

/** The home directory as the environment says it, else as the system does. */
export function homeOf(env: Env): string {
  const home = env.HOME ?? env.USERPROFILE;
  return home === undefined || home === '' ? homedir() : home;
}

/** `~` and `~/…` become the home directory; anything else, `~user` included, stays. */
export function expandHome(value: string, home: string): string {
  if (value === '~') return home;
  if (value.startsWith('~/') || value.startsWith('~\\')) return join(home, value.slice(2));
  return value;
}

/** A copy of `table` with `~` expanded in every path key at every depth. */
export function expandPaths(table: TomlTable, home: string): TomlTable {
  const copy = newTable();
  for (const [key, value] of Object.entries(table)) copy[key] = expandValue(value, home, PATH_KEY.test(key));
  return copy;
}

function expandValue(value: TomlValue, home: string, isPath: boolean): TomlValue {
  if (typeof value === 'string') return isPath ? expandHome(value, home) : value;
  if (Array.isArray(value)) return value.map((item) => expandValue(item, home, isPath));
  return isTable(value) ? expandPaths(value, home) : value;
}
