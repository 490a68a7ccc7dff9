import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const CHUNK = 64 * 1024;

/**
 * What is appended to a file from byte `from` on, until `ended` resolves and the rest is read. The file may come later
 * than the call, and `path` may be known later: it is asked until it gives one.
 */
export async function* tailFile(
  path: () => string | undefined | Promise<string | undefined>,
  options: { readonly ended: Promise<unknown>; readonly from?: number; readonly pollMs?: number },
): AsyncGenerator<Buffer, void, void> {
  let over = false;
  const ended = options.ended.then(() => {
    over = true;
  });
  let at = options.from ?? 0;
  for (;;) {
    // Looked at before the file: what was written up to the end is read once more after it.
    const last = over;
    const file = await path();
    const piece = file === undefined ? undefined : await readFrom(file, at);
    if (piece !== undefined && piece.length > 0) {
      at += piece.length;
      yield piece;
    } else if (last) return;
    else await Promise.race([sleep(options.pollMs ?? 200, undefined, { ref: false }), ended]);
  }
}

/** The next bytes of the file; empty at its end, undefined while there is no file. */
async function readFrom(path: string, at: number): Promise<Buffer | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const buffer = Buffer.alloc(CHUNK);
    const { bytesRead } = await file.read(buffer, 0, CHUNK, at);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
