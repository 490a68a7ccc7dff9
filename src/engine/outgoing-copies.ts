import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectContext } from './project-context.ts';

/** A copy younger than this may belong to a part that is just being stored. */
const freshMs = 600_000;

/** Our own copies of files to be sent, one folder each. */
export function outgoingFolder(dataDir: string): string {
  return join(dataDir, 'outgoing');
}

/** Deletes the copies whose part is settled. Returns how many. */
export async function expireOutgoing(context: ProjectContext, now: number): Promise<number> {
  const root = outgoingFolder(context.dataDir);
  const folders = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (folders.length === 0) return 0;
  // The folder's name is unique, so it is found in whatever form a platform keeps the path.
  const waiting = context.queries.openFileParts().map(({ part }) => JSON.stringify(part.body));
  let gone = 0;
  for (const name of folders) {
    if (waiting.some((body) => body.includes(name))) continue;
    const folder = join(root, name);
    const age =
      now -
      (await stat(folder).then(
        ({ mtimeMs }) => mtimeMs,
        () => now,
      ));
    if (age < freshMs) continue;
    await rm(folder, { recursive: true, force: true });
    gone += 1;
  }
  return gone;
}
