/** Reading and tidying the file itself, without the schema. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../core/errors.ts';
import { replaceFile } from './atomic-write.ts';
import { withEditLock } from './edit-lock.ts';
import { formatConfig } from './format.ts';

/** The text of a config file. Throws `AppError` when it cannot be read. */
export async function readConfigFile(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') {
      throw new AppError('config_missing', `no config file at ${path}`, {
        kind: 'missing',
        advice: 'run cc-connect once without --config, or write one with: cc-connect config example',
        cause,
      });
    }
    throw new AppError('config_unreadable', `cannot read ${path} (${cause.code ?? cause.message})`, {
      kind: 'permission',
      cause,
    });
  });
}

/** Formats the file in place. Resolves with whether anything changed. Throws `AppError`; the file is then as it was. */
export async function formatConfigFile(path: string): Promise<boolean> {
  return withEditLock(path, async () => {
    const before = await readConfigFile(path);
    const after = formatConfig(before);
    if (after === before) return false;
    await replaceFile(path, after, { backup: true });
    return true;
  });
}

/**
 * Writes a new config file, readable by its owner only; its folder is made when it is not there.
 * Throws `AppError` (`config_exists`, `config_unwritable`) rather than replacing one.
 */
export async function createConfigFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('config_unwritable', `cannot make ${dirname(path)} (${cause.code ?? cause.message})`, {
      kind: 'permission',
      cause,
    });
  });
  await withEditLock(path, async () => {
    const there = await readFile(path).then(
      () => true,
      () => false,
    );
    if (there)
      throw new AppError('config_exists', `there is a config file at ${path} already`, { kind: 'conflict' });
    await replaceFile(path, text, { mode: 0o600 });
  });
}
