import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { AppError, kindOf } from '../../core/errors.ts';
import type { FeishuApi } from './api.ts';
import type { WireMessage } from './send.ts';

export interface UploadedFile {
  readonly kind: 'image' | 'file' | 'audio' | 'video';
  readonly path: string;
  readonly name: string;
  readonly mime: string;
  readonly size: number;
}

/** The service's limits, bytes. */
export const uploadLimits = { image: 10 * 1024 * 1024, file: 30 * 1024 * 1024 } as const;
const uploadTimeoutMs = 180_000;

/** File types the service previews; everything else is `stream`. */
const types = new Map([
  ['.pdf', 'pdf'],
  ['.doc', 'doc'],
  ['.docx', 'doc'],
  ['.xls', 'xls'],
  ['.xlsx', 'xls'],
  ['.ppt', 'ppt'],
  ['.pptx', 'ppt'],
  ['.mp4', 'mp4'],
  ['.opus', 'opus'],
]);

/**
 * Streams a file to the service; resolves with the message that shows it. A lost answer is `network`, not `ambiguous`:
 * an uploaded file that no message shows is seen by nobody.
 */
export async function upload(api: FeishuApi, file: UploadedFile, signal: AbortSignal): Promise<WireMessage> {
  try {
    return await uploadOnce(api, file, signal);
  } catch (error) {
    if (!(error instanceof AppError) || kindOf(error) !== 'ambiguous') throw error;
    throw new AppError('feishu_network', error.message, { kind: 'network' });
  }
}

async function uploadOnce(api: FeishuApi, file: UploadedFile, signal: AbortSignal): Promise<WireMessage> {
  const size = await sizeOf(file);
  if (
    file.kind === 'image' &&
    size <= uploadLimits.image &&
    /^image\/(png|jpe?g|gif|webp|bmp|tiff)$/.test(file.mime)
  )
    return image(api, file, signal);
  if (size > uploadLimits.file)
    throw new AppError('file_too_large', `${file.name} has ${size} bytes; Feishu takes at most 30 MB`, {
      kind: 'validation',
    });
  if (size === 0)
    throw new AppError('file_empty', `${file.name} is empty; Feishu takes no empty files`, {
      kind: 'validation',
    });
  const dot = file.name.lastIndexOf('.');
  const type = types.get(dot < 0 ? '' : file.name.slice(dot).toLowerCase()) ?? 'stream';
  const { file_key } = await api.call<{ file_key?: string }>(
    {
      op: 'uploading a file',
      method: 'POST',
      path: '/open-apis/im/v1/files',
      data: { file_type: type, file_name: file.name, file: createReadStream(file.path) },
      multipart: true,
      timeoutMs: uploadTimeoutMs,
    },
    signal,
  );
  // Only opus plays as a voice message and mp4 as a video; other sounds and films go as files.
  const shown = type === 'opus' ? 'audio' : type === 'mp4' ? 'media' : 'file';
  return { type: shown, content: { file_key } };
}

async function image(api: FeishuApi, file: UploadedFile, signal: AbortSignal): Promise<WireMessage> {
  const { image_key } = await api.call<{ image_key?: string }>(
    {
      op: 'uploading an image',
      method: 'POST',
      path: '/open-apis/im/v1/images',
      data: { image_type: 'message', image: createReadStream(file.path) },
      multipart: true,
      timeoutMs: uploadTimeoutMs,
    },
    signal,
  );
  return { type: 'image', content: { image_key } };
}

async function sizeOf(file: UploadedFile): Promise<number> {
  try {
    return (await stat(file.path)).size;
  } catch (cause) {
    throw new AppError('file_missing', `${file.name} cannot be read`, { kind: 'missing', cause });
  }
}
