import { createReadStream } from 'node:fs';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { isAbsolute } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '../../core/errors.ts';
import type { RemoteFile } from '../../core/inbound.ts';
import type { FilesAbility } from '../../core/platform.ts';
import { saveTo } from '../../kit/download.ts';
import type { TelegramClient } from './client.ts';
import type { TelegramOptions } from './options.ts';

/** No byte for this long ends a download. */
const SILENCE_MS = 30_000;

/** Fetches files people sent: `getFile` for the path, then a stream to disk under a cap. */
export function filesOver(client: TelegramClient, options: TelegramOptions): FilesAbility {
  return {
    async download(file, target, maxBytes, signal) {
      if ((file.size ?? 0) > maxBytes) throw tooLarge(maxBytes);
      const path = await pathOf(client, file, signal);
      try {
        const source = await open(client, options, path, signal);
        const { bytes } = await saveTo(target, source, { maxBytes, signal });
        return {
          bytes,
          ...(file.mime ? { mime: file.mime } : {}),
          ...(file.name ? { name: file.name } : {}),
        };
      } catch (error) {
        throw error instanceof AppError ? error : broken(error);
      }
    },
  };
}

async function pathOf(client: TelegramClient, file: RemoteFile, signal: AbortSignal): Promise<string> {
  const id = file.remote.file_id;
  if (typeof id !== 'string') throw gone('this file has no id');
  try {
    const { file_path: path } = await client.call('getFile', { file_id: id }, { kind: 'repeatable', signal });
    if (!path) throw gone('Telegram gave no path for this file');
    return path;
  } catch (error) {
    if (error instanceof AppError && /file is too big/i.test(error.message))
      throw new AppError('file_too_large', 'Telegram lets bots download files up to 20 MB', {
        kind: 'validation',
        advice: 'send a smaller file, or run a Bot API server of your own and set api_base',
      });
    throw error;
  }
}

/** A Bot API server on this machine names files by their place on disk. */
async function open(
  client: TelegramClient,
  options: TelegramOptions,
  path: string,
  signal: AbortSignal,
): Promise<Readable> {
  if (options.selfHosted && isAbsolute(path)) return createReadStream(path, { signal });
  const url = `${options.apiBase}/file/bot${options.token}/${path}`;
  const agent = await client.agent();
  const get = url.startsWith('https:') ? getHttps : getHttp;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(url, { agent, signal }, resolve);
    request.setTimeout(SILENCE_MS, () => request.destroy(new Error('silence')));
    request.on('error', reject);
  });
  const status = response.statusCode ?? 0;
  if (status === 200) return response;
  response.resume();
  if (status === 404 || status === 400) throw gone('Telegram does not keep this file any more');
  throw new AppError('telegram_download', `the download was answered with status ${status}`, {
    kind: status >= 500 || status === 429 ? 'unavailable' : 'permission',
  });
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('file_too_large', `the file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB`, {
    kind: 'validation',
  });
}

function gone(message: string): AppError {
  return new AppError('file_gone', message, { kind: 'not_found', advice: 'send the file again' });
}

/** The original error may hold the address, and that holds the token. */
function broken(error: unknown): AppError {
  const code = (error as NodeJS.ErrnoException).code ?? 'no code';
  return new AppError('telegram_download', `the download broke (${code})`, { kind: 'network' });
}
