import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../core/errors.ts';
import { shortId } from './ids.ts';

/** Bounds of one download. */
export interface DownloadOptions {
  /** Greatest size in bytes. */
  maxBytes: number;
  signal?: AbortSignal;
}

/**
 * Streams a body to the file `target`, whose folder exists. The file appears
 * under its name only when it is whole; nothing is left behind otherwise. The
 * source is always ended.
 * @throws AppError `download_too_large` (kind `validation`), the abort reason,
 * or what the source or the disk failed with.
 */
export async function saveTo(
  target: string,
  body: Response | AsyncIterable<Uint8Array>,
  options: DownloadOptions,
): Promise<{ bytes: number }> {
  const { maxBytes, signal } = options;
  const source = body instanceof Response ? responseBody(body) : Readable.from(body, { objectMode: false });
  const declared = body instanceof Response ? Number(body.headers.get('content-length') ?? 0) : 0;
  if (declared > maxBytes) {
    source.destroy();
    throw tooLarge(maxBytes);
  }
  const part = `${target}.${shortId()}.part`;
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(tooLarge(maxBytes));
      else done(null, chunk);
    },
  });
  try {
    await pipeline(source, counter, createWriteStream(part, { flags: 'wx', mode: 0o600 }), { signal });
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true });
    throw signal?.aborted ? signal.reason : error;
  }
  return { bytes };
}

function responseBody(response: Response): Readable {
  return response.body === null ? Readable.from([]) : Readable.fromWeb(response.body);
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('download_too_large', `the file is larger than ${maxBytes} bytes`, {
    kind: 'validation',
  });
}
