import { type FileHandle, open } from 'node:fs/promises';
import type { NdjsonObject } from './ndjson.ts';

const CHUNK = 256 * 1024;

/** Lines of a JSONL file from its first `bytes`; a cut last line is left out. */
export async function headLines(path: string, bytes: number): Promise<NdjsonObject[]> {
  return withFile(path, [], async (file) => {
    const { size } = await file.stat();
    const buffer = await readAt(file, 0, Math.min(bytes, size));
    const end = buffer.length < size ? buffer.lastIndexOf(0x0a) : buffer.length;
    return parse(buffer.subarray(0, Math.max(0, end)));
  });
}

/**
 * Lines of a JSONL file read backwards from its end until `enough` says so or `maxBytes` are read, in file order.
 * `complete`: the beginning of the file was reached.
 */
export async function tailLines(
  path: string,
  maxBytes: number,
  enough: (lines: readonly NdjsonObject[]) => boolean,
): Promise<{ readonly lines: NdjsonObject[]; readonly complete: boolean }> {
  return withFile(path, { lines: [], complete: true }, async (file) => {
    let at = (await file.stat()).size;
    const floor = Math.max(0, at - maxBytes);
    let lines: NdjsonObject[] = [];
    let rest: Buffer[] = [];
    while (at > floor) {
      const from = Math.max(floor, at - CHUNK);
      const chunk = await readAt(file, from, at - from);
      at = from;
      // What stands before the first newline belongs to a line that begins further up.
      const newline = at === 0 ? -1 : chunk.indexOf(0x0a);
      if (at > 0 && newline < 0) {
        rest.unshift(chunk);
        continue;
      }
      lines = [...parse(Buffer.concat([chunk.subarray(newline + 1), ...rest])), ...lines];
      rest = at === 0 ? [] : [chunk.subarray(0, newline)];
      if (enough(lines)) break;
    }
    return { lines, complete: at === 0 };
  });
}

async function withFile<T>(path: string, missing: T, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return missing;
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** Broken lines (a write cut by a crash) are left out. */
function parse(buffer: Buffer): NdjsonObject[] {
  const lines: NdjsonObject[] = [];
  for (const line of buffer.toString('utf8').split('\n')) {
    if (line === '') continue;
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === 'object' && value !== null && !Array.isArray(value))
        lines.push(value as NdjsonObject);
    } catch {
      // Cut by a crash in the middle of a write: there is nothing in it to use.
    }
  }
  return lines;
}
