import { open } from 'node:fs/promises';

const MAX_BYTES = 256 * 1024;

/** The text of a plan file; empty when it cannot be read, which leaves the plan without text and not the turn stuck. */
export async function readPlanFile(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const buffer = Buffer.alloc(MAX_BYTES);
    const { bytesRead } = await file.read(buffer, 0, MAX_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
