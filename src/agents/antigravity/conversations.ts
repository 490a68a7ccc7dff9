import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Conversations are protobuf files named by their id; only that they are there can be told. */
const FOLDER = join('antigravity-cli', 'conversations');

/** The conversation written to last since `since` (ms), by its id; undefined when there is none. */
export async function newestConversation(geminiDir: string, since: number): Promise<string | undefined> {
  let newest: { id: string; at: number } | undefined;
  for (const name of await readdir(join(geminiDir, FOLDER)).catch(() => [])) {
    if (!/^[\w-]+\.(?:pb|db)$/.test(name)) continue;
    const info = await stat(join(geminiDir, FOLDER, name)).catch(() => undefined);
    if (info !== undefined && info.mtimeMs >= since && info.mtimeMs > (newest?.at ?? 0))
      newest = { id: name.slice(0, name.lastIndexOf('.')), at: info.mtimeMs };
  }
  return newest?.id;
}
