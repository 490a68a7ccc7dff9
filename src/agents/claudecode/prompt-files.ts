import { writeCacheFile } from '../../kit/cache-file.ts';
import type { PromptFiles } from './argv.ts';

/** Writes the system prompts into the cache folder. */
export async function writePromptFiles(
  folder: string,
  texts: { readonly append: string | undefined; readonly replace: string | undefined },
): Promise<PromptFiles> {
  return { append: await write(folder, texts.append), replace: await write(folder, texts.replace) };
}

async function write(folder: string, text: string | undefined): Promise<string | undefined> {
  if (text === undefined || text.trim() === '') return undefined;
  return writeCacheFile(folder, text, { prefix: 'prompt', extension: 'md' });
}
