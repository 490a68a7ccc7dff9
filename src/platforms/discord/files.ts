import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { AppError } from '../../core/errors.ts';
import type { RemoteFile } from '../../core/inbound.ts';
import type { FilesAbility } from '../../core/platform.ts';
import { saveTo } from '../../kit/download.ts';
import { checkEndpoint } from '../../kit/endpoint.ts';
import { outboundAgent } from '../../kit/proxy.ts';
import type { DiscordApi } from './api.ts';
import type { DiscordOptions } from './options.ts';
import { list, record, word } from './places.ts';

/** No byte for this long ends a download. */
const SILENCE_MS = 30_000;

/** Streams attachments to disk. Their addresses expire after a day; then the message tells a new one. */
export function filesOver(api: DiscordApi, options: DiscordOptions): FilesAbility {
  return {
    async download(file, target, maxBytes, signal) {
      if ((file.size ?? 0) > maxBytes) throw tooLarge(maxBytes);
      try {
        const source = await open(api, options, file, signal);
        try {
          const { bytes } = await saveTo(target, source.stream, { maxBytes, signal });
          return {
            bytes,
            ...(file.mime ? { mime: file.mime } : {}),
            ...(file.name ? { name: file.name } : {}),
          };
        } finally {
          source.close();
        }
      } catch (error) {
        if (error instanceof AppError) throw error;
        const code = (error as NodeJS.ErrnoException).code ?? 'no code';
        throw new AppError('discord_download', `the download broke (${code})`, { kind: 'network' });
      }
    },
  };
}

async function open(api: DiscordApi, options: DiscordOptions, file: RemoteFile, signal: AbortSignal) {
  const url = word(file.remote.url);
  if (url === undefined) throw gone('this file has no address');
  const first = await fetch(url, options, signal);
  if (first.status === 200) return first;
  first.close();
  if (first.status === 403 || first.status === 404 || first.status === 410) {
    const second = await fetch(await renewed(api, file, signal), options, signal);
    if (second.status === 200) return second;
    second.close();
    throw gone('Discord does not keep this file any more');
  }
  throw new AppError('discord_download', `the download was answered with status ${first.status}`, {
    kind: first.status >= 500 || first.status === 429 ? 'unavailable' : 'permission',
  });
}

async function fetch(url: string, options: DiscordOptions, signal: AbortSignal) {
  const agent = await outboundAgent(checkEndpoint(url, options.apiUrl.startsWith('http:')), options.proxy);
  const get = url.startsWith('https:') ? getHttps : getHttp;
  try {
    const stream = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = get(url, { agent, signal }, resolve);
      request.setTimeout(SILENCE_MS, () => request.destroy(new Error('silence')));
      request.on('error', reject);
    });
    return { status: stream.statusCode ?? 0, stream, close: () => agent.destroy() };
  } catch (error) {
    agent.destroy();
    throw error;
  }
}

async function renewed(api: DiscordApi, file: RemoteFile, signal: AbortSignal): Promise<string> {
  const { channel, message, id } = file.remote;
  const fresh = await api.call('GET', `/channels/${channel}/messages/${message}`, {
    kind: 'repeatable',
    signal,
  });
  const attachment = list(record(fresh).attachments)
    .map(record)
    .find((entry) => entry.id === id);
  const url = word(attachment?.url);
  if (url === undefined) throw gone('the message no longer holds this file');
  return url;
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('file_too_large', `the file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB`, {
    kind: 'validation',
  });
}

function gone(message: string): AppError {
  return new AppError('file_gone', message, { kind: 'not_found', advice: 'send the file again' });
}
