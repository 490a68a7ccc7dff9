/** Replacing a file so that a crash leaves the old or the new content, never a mixture. */
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface ReplaceOptions {
  /** Keep the old content beside, as `<file>.bak`. */
  readonly backup?: boolean;
  /** For a file that does not exist yet; an existing file keeps its mode. */
  readonly mode?: number;
}

/** Writes `text` to `path`: temporary file, fsync, rename, fsync of the folder. Symbolic links are followed. */
export async function replaceFile(path: string, text: string, options: ReplaceOptions = {}): Promise<void> {
  const existing = await stat(path).catch(ignoreMissing);
  const target = existing ? await realpath(path) : path;
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
  try {
    const mode = existing ? existing.mode & 0o7777 : (options.mode ?? 0o600);
    if (existing && options.backup) {
      await copyFile(target, `${target}.bak`);
      await chmod(`${target}.bak`, mode); // an older copy may have been open to more people
    }
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(text, 'utf8');
      await file.chmod(mode);
      if (existing && process.getuid?.() === 0) await file.chown(existing.uid, existing.gid);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Makes the rename itself durable. Windows cannot open folders and needs no such step. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
