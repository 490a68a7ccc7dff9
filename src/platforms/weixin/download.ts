import { createDecipheriv } from 'node:crypto';
import { pipeline, type Readable } from 'node:stream';
import { AppError } from '../../core/errors.ts';
import type { FilesAbility } from '../../core/platform.ts';
import { saveTo } from '../../kit/download.ts';
import { checkEndpoint } from '../../kit/endpoint.ts';
import { badStatus, transportError } from './errors.ts';
import type { HttpLine } from './http-line.ts';
import type { WeixinOptions } from './options.ts';
import type { Timing } from './timing.ts';

/** Padding added by encryption, at most. */
const PADDING = 16;

type Place = {
  readonly param?: string;
  readonly url?: string;
  readonly key?: string;
  readonly image?: boolean;
};

/** Fetches files people sent: a stream from the media server, decrypted on the way to disk, under a cap. */
export function filesOver(
  line: HttpLine,
  options: Pick<WeixinOptions, 'cdnBaseUrl' | 'insecureHttp'>,
  timing: Timing,
): FilesAbility {
  return {
    async download(file, target, maxBytes, signal) {
      if ((file.size ?? 0) > maxBytes) throw tooLarge(maxBytes);
      const place = file.remote as Place;
      // Only pictures are sometimes stored as they are.
      if (!place.key && !place.image) throw gone('Weixin gave no key to this file');
      const answer = await line.open(
        {
          op: 'download',
          method: 'GET',
          url: urlOf(place, options),
          timeoutMs: timing.silenceMs,
          direct: true,
        },
        signal,
      );
      const status = answer.statusCode ?? 0;
      if (status !== 200) {
        answer.resume();
        if ([400, 403, 404, 410].includes(status)) throw gone('Weixin does not keep this file any more');
        const error = badStatus('download', status, answer.headers['retry-after']);
        throw error.kind === 'ambiguous'
          ? new AppError(error.code, error.message, { kind: 'unavailable' })
          : error;
      }
      if (Number(answer.headers['content-length'] ?? 0) > maxBytes + PADDING) {
        answer.destroy();
        throw tooLarge(maxBytes);
      }
      const look: { mime?: string } = {};
      try {
        const plain = place.key ? decrypted(answer, place.key) : answer;
        const { bytes } = await saveTo(target, looking(plain, look), { maxBytes, signal });
        const mime = file.mime ?? (place.image ? look.mime : undefined);
        return { bytes, ...(mime ? { mime } : {}), ...(file.name ? { name: file.name } : {}) };
      } catch (error) {
        answer.destroy();
        if (error instanceof AppError && error.code === 'download_too_large') throw tooLarge(maxBytes);
        throw broken(error);
      }
    },
  };
}

function urlOf(place: Place, options: Pick<WeixinOptions, 'cdnBaseUrl' | 'insecureHttp'>): string {
  if (place.param)
    return `${options.cdnBaseUrl}/download?encrypted_query_param=${encodeURIComponent(place.param)}`;
  if (place.url) return checkEndpoint(place.url, options.insecureHttp);
  throw gone('this file has no place');
}

function decrypted(source: Readable, key: string): Readable {
  const decipher = createDecipheriv('aes-128-ecb', Buffer.from(key, 'hex'), null);
  // Whoever reads the plain side sees what went wrong.
  pipeline(source, decipher, () => {});
  return decipher;
}

/** Passes the bytes on and tells a picture's format from the first of them. */
async function* looking(source: AsyncIterable<Buffer>, look: { mime?: string }): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of source) {
    const mime = first ? pictureFormat(chunk) : undefined;
    if (mime) look.mime = mime;
    first = false;
    yield chunk;
  }
}

function pictureFormat(bytes: Buffer): string | undefined {
  const head = bytes.toString('latin1', 0, 12);
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (head.startsWith('\x89PNG\r\n')) return 'image/png';
  if (head.startsWith('GIF8')) return 'image/gif';
  return head.startsWith('RIFF') && head.endsWith('WEBP') ? 'image/webp' : undefined;
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('file_too_large', `the file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB`, {
    kind: 'validation',
  });
}

function gone(message: string): AppError {
  return new AppError('file_gone', message, { kind: 'not_found', advice: 'send the file again' });
}

function broken(error: unknown): AppError {
  const code = String((error as NodeJS.ErrnoException | undefined)?.code ?? '');
  if (/^ERR_OSSL|WRONG_FINAL|BAD_DECRYPT/.test(code))
    return new AppError('file_broken', 'the file cannot be decrypted', {
      kind: 'not_found',
      advice: 'send the file again',
    });
  const failed = transportError('download', error);
  return failed.kind === 'ambiguous'
    ? new AppError(failed.code, failed.message, { kind: 'network' })
    : failed;
}
