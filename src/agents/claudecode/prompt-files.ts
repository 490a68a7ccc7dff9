import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PromptFiles } from './argv.ts';

/**
 * Writes the system prompts into the cache folder. A file is named by its content, so that sessions with the same
 * text share one and none is ever removed under a running process.
 */
export async function writePromptFiles(
  folder: string,
  texts: { readonly append: string | undefined; readonly replace: string | undefined },
): Promise<PromptFiles> {
  return { append: await write(folder, texts.append), replace: await write(folder, texts.replace) };
}

async function write(folder: string, text: string | undefined): Promise<string | undefined> {
  if (text === undefined || text.trim() === '') return undefined;
  const name = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const path = join(folder, `prompt-${name}.md`);
  const known = await stat(path).catch(() => undefined);
  if (known?.size === Buffer.byteLength(text)) {
    const now = new Date();
    await utimes(path, now, now);
    return path;
  }
  await mkdir(folder, { recursive: true });
  const fresh = `${path}.${randomUUID()}`;
  await writeFile(fresh, text);
  await rename(fresh, path);
  return path;
}
