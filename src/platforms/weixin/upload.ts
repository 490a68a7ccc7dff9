import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { AppError, kindOf } from '../../core/errors.ts';
import { checkEndpoint } from '../../kit/endpoint.ts';
import type { IlinkApi } from './api.ts';
import { badStatus, repeatable } from './errors.ts';
import type { HttpLine } from './http-line.ts';
import type { WeixinOptions } from './options.ts';
import type { FileBody } from './render.ts';
import type { Timing } from './timing.ts';
import { itemType, type MessageItem, mediaType, type UploadPlace } from './wire.ts';

export const UPLOAD_BYTES = 100 * 1024 * 1024;
const ATTEMPTS = 3;
const BLOCK = 16;

/** Size after AES in blocks of 16, which always adds 1 to 16 bytes. */
export function encryptedSize(bytes: number): number {
  return (Math.floor(bytes / BLOCK) + 1) * BLOCK;
}

/** Puts files on the media server, encrypted with a key of their own. */
export class Uploads {
  readonly #api: IlinkApi;
  readonly #line: HttpLine;
  readonly #options: Pick<WeixinOptions, 'cdnBaseUrl' | 'insecureHttp'>;
  readonly #timing: Timing;

  constructor(
    api: IlinkApi,
    line: HttpLine,
    options: Pick<WeixinOptions, 'cdnBaseUrl' | 'insecureHttp'>,
    timing: Timing,
  ) {
    this.#api = api;
    this.#line = line;
    this.#options = options;
    this.#timing = timing;
  }

  /** Resolves with the item that shows the file. A file that no message shows is seen by nobody: failures repeat. */
  async upload(person: string, file: FileBody, signal: AbortSignal): Promise<MessageItem> {
    try {
      const { size, md5 } = await measure(file, signal);
      const key = randomBytes(16);
      const fileKey = randomBytes(16).toString('hex');
      const place = await this.#api.call<UploadPlace>(
        'getuploadurl',
        {
          filekey: fileKey,
          media_type: mediaType[file.form],
          to_user_id: person,
          rawsize: size,
          rawfilemd5: md5,
          filesize: encryptedSize(size),
          no_need_thumb: true,
          aeskey: key.toString('hex'),
        },
        { signal, timeoutMs: this.#timing.callMs },
      );
      const url = this.#urlOf(place, fileKey);
      const param = await this.#put(url, file, key, size, signal);
      return itemFor(file, param, key, size);
    } catch (error) {
      throw repeatable(error);
    }
  }

  #urlOf(place: UploadPlace, fileKey: string): string {
    if (typeof place.upload_full_url === 'string' && place.upload_full_url !== '')
      return checkEndpoint(place.upload_full_url, this.#options.insecureHttp);
    if (typeof place.upload_param === 'string' && place.upload_param !== '')
      return `${this.#options.cdnBaseUrl}/upload?encrypted_query_param=${encodeURIComponent(place.upload_param)}&filekey=${fileKey}`;
    throw new AppError('weixin_answer', 'getuploadurl named no place', { kind: 'unavailable' });
  }

  async #put(url: string, file: FileBody, key: Buffer, size: number, signal: AbortSignal): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#putOnce(url, file, key, size, signal);
      } catch (error) {
        const passing = ['network', 'ambiguous', 'unavailable'].includes(kindOf(error));
        if (!passing || attempt === ATTEMPTS || signal.aborted) throw error;
      }
    }
  }

  async #putOnce(
    url: string,
    file: FileBody,
    key: Buffer,
    size: number,
    signal: AbortSignal,
  ): Promise<string> {
    const cipher = createCipheriv('aes-128-ecb', key, null);
    // A failure of either end is seen by the request, which reads from the cipher.
    pipeline(createReadStream(file.path), cipher, () => {});
    const answer = await this.#line.open(
      {
        op: 'upload',
        method: 'POST',
        url,
        headers: { 'Content-Type': 'application/octet-stream' },
        upload: { stream: cipher, length: encryptedSize(size) },
        timeoutMs: this.#timing.silenceMs,
        direct: true,
      },
      signal,
    );
    answer.resume();
    const status = answer.statusCode ?? 0;
    if (status !== 200) throw badStatus('upload', status, answer.headers['retry-after']);
    const param = answer.headers['x-encrypted-param'];
    if (typeof param === 'string' && param !== '') return param;
    throw new AppError('weixin_answer', 'the media server named no file', { kind: 'unavailable' });
  }
}

async function measure(file: FileBody, signal: AbortSignal): Promise<{ size: number; md5: string }> {
  const info = await stat(file.path).catch((cause) => {
    throw new AppError('file_missing', `${file.name} cannot be read`, { kind: 'missing', cause });
  });
  if (info.size === 0)
    throw new AppError('file_empty', `${file.name} is empty; Weixin takes no empty files`, {
      kind: 'validation',
    });
  if (info.size > UPLOAD_BYTES)
    throw new AppError('file_too_large', `${file.name} has ${info.size} bytes; at most 100 MB can be sent`, {
      kind: 'validation',
    });
  const hash = createHash('md5');
  let size = 0;
  for await (const chunk of createReadStream(file.path, { signal }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, md5: hash.digest('hex') };
}

function itemFor(file: FileBody, param: string, key: Buffer, size: number): MessageItem {
  const media = {
    encrypt_query_param: param,
    aes_key: Buffer.from(key.toString('hex')).toString('base64'),
    encrypt_type: 1,
  };
  switch (file.form) {
    case 'image':
      return { type: itemType.image, image_item: { media, mid_size: encryptedSize(size) } };
    case 'video':
      return { type: itemType.video, video_item: { media, video_size: encryptedSize(size) } };
    case 'file':
      return { type: itemType.file, file_item: { media, file_name: file.name, len: String(size) } };
  }
}
