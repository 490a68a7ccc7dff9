/** Where the state lives: all a client command needs from the config, without loading the schema. */
import { join, resolve } from 'node:path';
import { type Env, expandHome, homeOf } from './paths.ts';
import { substituteEnv } from './substitute.ts';
import { parseToml, TomlSyntaxError } from './toml.ts';

/** The state folder as an absolute path; empty text means `~/.cc-connect`. */
export function resolveDataDir(value: string, env: Env, cwd: string): string {
  const home = homeOf(env);
  return value === '' ? join(home, '.cc-connect') : resolve(cwd, expandHome(value, home));
}

/** The state folder a config text names. A text that cannot be parsed means the default folder. */
export function dataDirOf(text: string, env: Env, cwd = process.cwd()): string {
  try {
    const { table } = substituteEnv(parseToml(text), env);
    return resolveDataDir(typeof table.data_dir === 'string' ? table.data_dir : '', env, cwd);
  } catch (error) {
    if (error instanceof TomlSyntaxError) return resolveDataDir('', env, cwd);
    throw error;
  }
}
