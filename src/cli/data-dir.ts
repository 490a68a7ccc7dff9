import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { AppError, describeError } from '../core/errors.ts';
import type { Io } from './io.ts';
import type { DaemonFlags } from './parse.ts';

/**
 * Where the daemon of a client command keeps its state: the flag, else what the configuration of the flag says, else
 * `CC_DATA_DIR` (set inside agents), else what the configuration that `cc-connect` would start with says, else
 * `~/.cc-connect`.
 * @throws AppError `config_missing` when there is no such configuration as the flag names.
 */
export async function clientDataDir(flags: DaemonFlags, io: Io): Promise<string> {
  if (flags.dataDir) return resolve(io.cwd, expand(flags.dataDir, io));
  if (flags.config) {
    const file = resolve(io.cwd, expand(flags.config, io));
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new AppError('config_missing', `cannot read ${file}: ${describeError(cause)}`, {
        kind: 'missing',
        cause,
        advice:
          'name the file that the daemon was started with, or leave --config out to look in the usual places',
      });
    });
    return dataDirIn(text, io);
  }
  if (io.env.CC_DATA_DIR) return resolve(io.cwd, expand(io.env.CC_DATA_DIR, io));
  for (const file of configCandidates(io)) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return dataDirIn(text, io);
  }
  return join(home(io), '.cc-connect');
}

/** Loads the TOML reader only where the text names a folder. */
async function dataDirIn(text: string, io: Io): Promise<string> {
  if (!/^\s*data_dir\s*=/m.test(text)) return join(home(io), '.cc-connect');
  const { dataDirOf } = await import('../config/data-dir.ts');
  return dataDirOf(text, io.env, io.cwd);
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
