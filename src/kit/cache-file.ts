import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes a text to a file of the folder and resolves with its path. The file is named by its content, so that
 * sessions with the same text share one and none is ever removed under a running process.
 */
export async function writeCacheFile(
  folder: string,
  text: string,
  name: { readonly prefix: string; readonly extension: string },
): Promise<string> {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const path = join(folder, `${name.prefix}-${hash}.${name.extension}`);
  const known = await stat(path).catch(() => undefined);
  if (known?.size === Buffer.byteLength(text)) {
    const now = new Date();
    await utimes(path, now, now);
    return path;
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fresh = `${path}.${randomUUID()}`;
  await writeFile(fresh, text, { mode: 0o600 });
  await rename(fresh, path);
  return path;
}
