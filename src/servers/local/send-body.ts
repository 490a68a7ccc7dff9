import { randomUUID } from 'node:crypto';
import { mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { AppError } from '../../core/errors.ts';
import type { SendFile, SendRequest } from './backend.ts';
import { mediaType } from './media-type.ts';

type Fields = Readonly<Record<string, unknown>>;

const kinds = [
  ['images', 'image'],
  ['files', 'file'],
  ['audios', 'audio'],
  ['videos', 'video'],
] as const;

export interface SendLimits {
  /** Bytes per file. */
  readonly maxFileBytes: number;
  /** Folder for uploaded bytes; created when needed. */
  readonly uploadDir: string;
}

/**
 * Reads the body of `POST /send`: the Go cc-connect's fields, and besides base64 `data` also a `path` on this machine.
 * Throws `validation` naming the field; uploads staged until then are removed.
 */
export async function parseSendBody(body: Fields, limits: SendLimits): Promise<SendRequest> {
  const message = text(body, 'message');
  const ttsText = text(body, 'tts_text');
  const cwd = text(body, 'cwd') ?? text(body, 'work_dir');
  if (cwd !== undefined && !isAbsolute(cwd)) throw invalid('cwd', 'an absolute path');
  const files: SendFile[] = [];
  try {
    for (const [field, kind] of kinds)
      for (const entry of entries(body[field], field)) files.push(await readFile(entry, kind, field, limits));
    if (message === undefined && files.length === 0 && ttsText === undefined)
      throw new AppError('nothing_to_send', 'nothing to send', {
        kind: 'validation',
        advice: 'give a message, an image, a file, an audio or a video',
      });
  } catch (error) {
    await removeUploads(files);
    throw error;
  }
  return {
    ...optional('project', text(body, 'project')),
    ...optional('session', text(body, 'session_key') ?? text(body, 'session')),
    ...optional('message', message),
    ...optional('cwd', cwd),
    ...optional('ttsText', ttsText),
    files,
    atUsers: users(body.at_users),
    atAll: flag(body, 'at_all'),
  };
}

/** Removes what was uploaded for one call; what the backend has moved away is gone already. */
export async function removeUploads(files: readonly SendFile[]): Promise<void> {
  await Promise.all(files.filter((f) => f.uploaded).map((f) => rm(f.path, { force: true })));
}

async function readFile(
  entry: unknown,
  kind: SendFile['kind'],
  field: string,
  limits: SendLimits,
): Promise<SendFile> {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    throw invalid(field, 'a list of objects');
  const fields = entry as Fields;
  const path = text(fields, 'path');
  const data = text(fields, 'data') ?? text(fields, 'Data');
  const name = text(fields, 'name') ?? text(fields, 'file_name') ?? text(fields, 'FileName');
  const mime = text(fields, 'mime') ?? text(fields, 'mime_type') ?? text(fields, 'MimeType');
  if (path !== undefined) return localFile(path, name, mime, kind, limits);
  if (data === undefined) throw invalid(field, 'objects with "path" or base64 "data"');
  return uploadedFile(data, name ?? `${kind}-${field}`, mime, kind, limits);
}

/** A file by path. Also used by the command line, so that its errors come before anything is sent. */
export async function localFile(
  path: string,
  name: string | undefined,
  mime: string | undefined,
  kind: SendFile['kind'],
  limits: Pick<SendLimits, 'maxFileBytes'>,
): Promise<SendFile> {
  if (!isAbsolute(path)) throw invalid('path', 'an absolute path');
  if (path.includes('\0')) throw invalid('path', 'without zero bytes');
  const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('file_unreadable', `cannot read ${path}: ${cause.code ?? cause.message}`, {
      kind: 'validation',
      cause,
    });
  });
  if (!info.isFile())
    throw new AppError('not_a_file', `${path} is not a regular file`, { kind: 'validation' });
  const safeName = safe(name ?? basename(path));
  const type = mime ?? mediaType(safeName, await headOf(path));
  return {
    kind,
    path,
    name: safeName,
    mime: checkedType(type, kind, safeName),
    size: sized(info.size, safeName, limits),
    uploaded: false,
  };
}

async function uploadedFile(
  data: string,
  name: string,
  mime: string | undefined,
  kind: SendFile['kind'],
  limits: SendLimits,
): Promise<SendFile> {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(data)) throw invalid('data', 'base64');
  const bytes = Buffer.from(data, 'base64');
  const safeName = safe(name);
  const type = checkedType(mime ?? mediaType(safeName, bytes), kind, safeName);
  const size = sized(bytes.length, safeName, limits);
  await mkdir(limits.uploadDir, { recursive: true, mode: 0o700 });
  const path = join(limits.uploadDir, randomUUID());
  await writeFile(path, bytes, { mode: 0o600, flag: 'wx' });
  return { kind, path, name: safeName, mime: type, size, uploaded: true };
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('file_unreadable', `cannot read ${path}: ${cause.code ?? cause.message}`, {
      kind: 'validation',
      cause,
    });
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function checkedType(type: string, kind: SendFile['kind'], name: string): string {
  if (kind === 'file' || type.startsWith(`${kind}/`)) return type;
  // A container such as .webm or .ogg may hold sound or pictures.
  if (kind !== 'image' && /^(audio|video)\/(webm|ogg|mp4)$/.test(type)) return type;
  const article = kind === 'video' ? 'a' : 'an';
  throw new AppError('wrong_type', `${name} is ${type}, not ${article} ${kind}`, {
    kind: 'validation',
    advice: 'use --file for other types',
  });
}

function sized(size: number, name: string, limits: Pick<SendLimits, 'maxFileBytes'>): number {
  if (size > limits.maxFileBytes)
    throw new AppError(
      'file_too_large',
      `${name} is ${mib(size)} MiB; the limit is ${mib(limits.maxFileBytes)} MiB`,
      {
        kind: 'validation',
        advice: 'raise max_attachment_size_mb in the configuration',
      },
    );
  return size;
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1).replace(/\.0$/, '');
}

function safe(name: string): string {
  return (
    basename(name.replaceAll('\\', '/'))
      .replace(/[\u0000-\u001f\u007f]/g, '_')
      .slice(0, 200) || 'file'
  );
}

function text(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw invalid(key, 'text');
  return value;
}

function flag(fields: Fields, key: string): boolean {
  const value = fields[key] ?? false;
  if (typeof value !== 'boolean') throw invalid(key, 'true or false');
  return value;
}

function entries(value: unknown, field: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > 50) throw invalid(field, 'a list of at most 50 objects');
  return value;
}

function users(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every((id): id is string => typeof id === 'string'))
    throw invalid('at_users', 'a list of user ids');
  return value.map((id) => id.trim()).filter((id) => id !== '');
}

function invalid(field: string, expected: string): AppError {
  return new AppError('bad_request', `"${field}" must be ${expected}`, { kind: 'validation' });
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
