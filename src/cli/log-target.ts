import { resolve } from 'node:path';
import { AppError } from '../core/errors.ts';
import type { DaemonOptions } from '../servers/local/daemon.ts';
import type { Io } from './io.ts';
import { parseSize } from './size.ts';

const defaultBytes = '10MB';
const defaultBackups = '3';

/** As the command line has them. */
export interface LogFlags {
  readonly logMaxSize?: number;
  readonly logMaxBackups?: number;
}

/**
 * Where the daemon's log goes and how much of it is kept: the flags, else `CC_LOG_FILE`, `CC_LOG_MAX_SIZE` and
 * `CC_LOG_MAX_BACKUPS`, else 10 MB and 3 files. Without a file: to stderr.
 */
export function logTarget(flags: LogFlags, io: Io, fallback?: string): DaemonOptions['log'] {
  // Wrong ones are told at once, not on the day a file is logged to.
  const maxBytes = flags.logMaxSize ?? fromEnv('CC_LOG_MAX_SIZE', defaultBytes, parseSize, io);
  const backups = flags.logMaxBackups ?? fromEnv('CC_LOG_MAX_BACKUPS', defaultBackups, parseBackups, io);
  const file = io.env.CC_LOG_FILE || fallback;
  return file ? { to: 'file', file: resolve(io.cwd, file), maxBytes, backups } : { to: 'stderr' };
}

/** A number of files; 0 keeps none. Throws `usage`. */
export function parseBackups(value: string): number {
  if (/^\d{1,3}$/.test(value.trim())) return Number(value);
  throw new AppError('usage', `"${value}" is not a number of files`, {
    kind: 'validation',
    advice: 'write a whole number from 0 to 999',
  });
}

/** The daemon must start with a service's old environment, too: a value that cannot be read is told and left out. */
function fromEnv(name: string, usual: string, read: (value: string) => number, io: Io): number {
  const value = io.env[name]?.trim();
  if (!value) return read(usual);
  try {
    return read(value);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    io.err(`Note: ${name}: ${error.message}; ${usual} is used (${error.advice}).`);
    return read(usual);
  }
}
