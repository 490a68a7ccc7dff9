import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../core/errors.ts';

/** Copies a file of this machine under a cap. Throws `not_found` or `validation`; leaves nothing behind on failure. */
export async function stagedCopy(
  source: string,
  target: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<{ bytes: number }> {
  const info = await stat(source).catch((cause: unknown) => {
    throw new AppError('file_gone', `${source} cannot be read`, { kind: 'not_found', cause });
  });
  if (!info.isFile())
    throw new AppError('not_a_file', `${source} is not a regular file`, { kind: 'validation' });
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > maxBytes ? tooLarge(source, maxBytes) : null, chunk);
    },
  });
  if (info.size > maxBytes) throw tooLarge(source, maxBytes);
  try {
    await pipeline(createReadStream(source), count, createWriteStream(target, { mode: 0o600 }), { signal });
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
  return { bytes };
}

function tooLarge(source: string, maxBytes: number): AppError {
  return new AppError('file_too_large', `${source} is larger than ${maxBytes} bytes`, { kind: 'validation' });
}
