import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { AppError } from '../../core/errors.ts';
import type { SlackApi } from './api.ts';
import { brokenAnswer } from './errors.ts';
import { readText } from './http.ts';
import type { FileBody } from './render.ts';
import { word } from './wire.ts';

/**
 * The three steps of an upload: ask for an address, stream the bytes there, share the file. Only the last one shows
 * anything, so only its outcome can be unknown; `note` is told the file's id before it.
 */
export async function upload(
  api: SlackApi,
  file: FileBody,
  place: { readonly chat: string; readonly thread: string | undefined },
  note: (id: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const size = await sizeOf(file.path);
  const ticket = await api.call(
    'files.getUploadURLExternal',
    { filename: file.name.replace(/[\r\n]/g, '_'), length: size },
    { kind: 'repeatable', signal },
  );
  const url = word(ticket.upload_url);
  const id = word(ticket.file_id);
  if (url === undefined || id === undefined)
    throw new AppError('slack_broken', 'no upload address was given', { kind: 'unavailable' });
  await put(api, url, file.path, size, signal);
  note(id);
  await api.call(
    'files.completeUploadExternal',
    {
      files: [{ id, title: file.name }],
      channel_id: place.chat,
      ...(place.thread === undefined ? {} : { thread_ts: place.thread }),
      ...(file.caption === undefined ? {} : { initial_comment: file.caption }),
    },
    { kind: 'send', signal },
  );
  return id;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    throw new AppError('file_missing', 'the file to send cannot be read', { kind: 'missing' });
  }
}

async function put(
  api: SlackApi,
  url: string,
  path: string,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) };
  const body = createReadStream(path);
  try {
    const answer = await api.request('uploading a file', url, { method: 'POST', headers, body }, signal);
    const text = await readText(answer);
    if (answer.statusCode === 429)
      throw new AppError('slack_rate_limit', 'the upload was put off', {
        kind: 'rate_limit',
        retryAfterMs: 5000,
      });
    if (answer.statusCode !== 200 || /^\s*</.test(text))
      throw brokenAnswer('uploading a file', answer.statusCode ?? 0, 'repeatable');
  } finally {
    body.destroy();
  }
}
