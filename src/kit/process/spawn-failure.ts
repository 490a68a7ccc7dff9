import { stat } from 'node:fs/promises';
import { AppError } from '../../core/errors.ts';

/** What was tried when a child could not be started. */
export interface SpawnAttempt {
  command: string;
  cwd: string;
}

/** Turns the operating system's refusal to start a program into an error a person can act on. */
export async function spawnFailure(attempt: SpawnAttempt, cause: NodeJS.ErrnoException): Promise<AppError> {
  const { command, cwd } = attempt;
  const code = cause.code ?? 'UNKNOWN';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const folder = await stat(cwd).catch(() => undefined);
    if (folder === undefined || !folder.isDirectory()) {
      return new AppError('process.cwd_missing', `The working directory ${cwd} does not exist`, {
        kind: 'missing',
        advice: 'Create the directory or correct work_dir in the config.',
        cause,
      });
    }
    return new AppError('process.not_found', `The program "${command}" was not found`, {
      kind: 'missing',
      advice:
        'Install it, or give its full path; the PATH of the service may differ from that of your shell.',
      cause,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new AppError('process.not_allowed', `"${command}" may not be run in ${cwd} (${code})`, {
      kind: 'permission',
      advice: 'Check that the file is executable and that this user may enter the working directory.',
      cause,
    });
  }
  if (code === 'E2BIG') {
    return new AppError('process.too_long', `The arguments or environment of "${command}" are too large`, {
      kind: 'validation',
      advice: 'Shorten the system prompt or the configured environment.',
      cause,
    });
  }
  return new AppError('process.spawn_failed', `"${command}" could not be started: ${cause.message}`, {
    kind: 'unavailable',
    advice: 'Check free memory, the process limit and the number of open files of this user.',
    cause,
  });
}
