import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../core/errors.ts';
import type { RemoteFile } from '../../core/inbound.ts';
import type { FeishuApi } from './api.ts';
import { messagePath } from './send.ts';

/** Streams a file of a message to disk; what is over the cap never gets there whole. */
export async function download(
  api: FeishuApi,
  file: RemoteFile,
  target: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<{ bytes: number; mime?: string; name?: string }> {
  const { message, key, type } = file.remote as { message?: string; key?: string; type?: string };
  if (!message || !key)
    throw new AppError('feishu_validation', 'the file has no key', { kind: 'validation' });
  const { stream, headers } = await api.download(
    {
      op: 'downloading a file',
      method: 'GET',
      path: messagePath(message, `/resources/${encodeURIComponent(key)}`),
      params: { type: type ?? 'file' },
      timeoutMs: 600_000,
    },
    signal,
  );
  const tooLarge = (size: number) =>
    new AppError('file_too_large', `the file has ${size} bytes; at most ${maxBytes} are allowed`, {
      kind: 'validation',
    });
  const announced = Number(headers['content-length'] ?? 0);
  if (announced > maxBytes) {
    stream.destroy();
    throw tooLarge(announced);
  }
  let bytes = 0;
  const cap = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      done(bytes > maxBytes ? tooLarge(bytes) : null, piece);
    },
  });
  try {
    await pipeline(stream, cap, createWriteStream(target, { mode: 0o600 }), { signal });
  } catch (error) {
    await rm(target, { force: true });
    if (error instanceof AppError) throw error;
    throw new AppError('feishu_network', 'the download broke off', { kind: 'network', cause: error });
  }
  return { bytes, mime: mimeOf(headers), name: nameOf(headers) };
}

function mimeOf(headers: Readonly<Record<string, string>>): string | undefined {
  const mime = headers['content-type']?.split(';')[0]?.trim();
  return mime === 'application/octet-stream' ? undefined : mime;
}

function nameOf(headers: Readonly<Record<string, string>>): string | undefined {
  const raw = /filename\*?=(?:UTF-8'')?"?([^";]+)/i.exec(headers['content-disposition'] ?? '')?.[1];
  if (raw === undefined) return undefined;
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}
