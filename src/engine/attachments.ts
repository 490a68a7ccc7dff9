import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '../core/errors.ts';
import type { RemoteFile } from '../core/inbound.ts';
import { safeName, uniqueName } from '../kit/safe-name.ts';
import type { InputRow } from '../store/rows.ts';
import { persist, persistSoon } from './persist.ts';
import { linkOf, type ProjectContext } from './project-context.ts';

export interface StagedFile {
  /** Absolute. */
  readonly path: string;
  readonly mime: string;
  readonly bytes: number;
}

export interface StagingResult {
  readonly files: readonly StagedFile[];
  /** What could not be fetched, and why, in words for the person. */
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
}

/** Downloads of one message at the same time. */
const parallel = 3;

/** Where an input's files are staged: a folder of its own, as message ids are unique only within their chat. */
export function stagingFolder(workDir: string, input: InputRow): string {
  return join(workDir, '.cc-connect', 'attachments', input.id);
}

/** Fetches all files of a message to disk, each under the platform's and our own cap. Never throws. */
export async function stageFiles(
  context: ProjectContext,
  input: InputRow,
  remote: readonly RemoteFile[],
  workDir: string,
  signal: AbortSignal,
): Promise<StagingResult> {
  const link = linkOf(context, input.body.address);
  if (remote.length === 0 || !link) return { files: [], failed: [] };
  const folder = stagingFolder(workDir, input);
  const staged: (StagedFile | undefined)[] = remote.map(() => undefined);
  const failed: { name: string; reason: string }[] = [];
  const taken = new Set<string>();
  const cap = Math.min(link.platform.capabilities.maxDownloadBytes, context.settings.maxAttachmentBytes);
  // Recorded before it exists: whatever happens in between, it has its age and is swept.
  const record = (bytes: number) => ({ folder, inputId: input.id, bytes, at: Date.now() });
  const made = await persist(context, 'staged', record(0), signal)
    .then(() => mkdir(folder, { recursive: true, mode: 0o700 }))
    .then(() => undefined, describeError);
  if (made !== undefined)
    return { files: [], failed: remote.map((file) => ({ name: file.name ?? file.kind, reason: made })) };
  const todo = remote.map((file, at) => ({
    at,
    file,
    name: uniqueName(safeName(file.name ?? defaultName(file)), taken),
  }));
  const fetchNext = async (): Promise<void> => {
    for (let job = todo.shift(); job; job = todo.shift()) {
      const target = join(folder, job.name);
      try {
        if (!link.platform.files) throw new Error('this platform cannot hand over files');
        const done = await link.platform.files.download(job.file, target, cap, signal);
        const mime = done.mime ?? job.file.mime ?? 'application/octet-stream';
        staged[job.at] = { path: target, mime, bytes: done.bytes };
      } catch (error) {
        failed.push({ name: job.file.name ?? job.file.kind, reason: describeError(error) });
        context.log.warn({ input: input.id, error: describeError(error) }, 'attachment not fetched');
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, fetchNext));
  // In the order they were sent, whichever was fetched first.
  const files = staged.filter((file) => file !== undefined);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  persistSoon(context, 'staged', record(bytes));
  return { files, failed };
}

/** Deletes staged folders past their age, then the oldest until the rest fits the quota. */
export async function expireStaged(context: ProjectContext, now: number): Promise<number> {
  const { stagingMaxAgeMs, stagingQuotaBytes } = context.settings;
  const all = context.queries.staged();
  let total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  const gone: string[] = [];
  for (const { folder, bytes, createdAt } of all) {
    const old = stagingMaxAgeMs > 0 && createdAt < now - stagingMaxAgeMs;
    if (!old && (stagingQuotaBytes <= 0 || total <= stagingQuotaBytes)) continue;
    await rm(folder, { recursive: true, force: true });
    total -= bytes;
    gone.push(folder);
  }
  if (gone.length > 0) await context.store.commit('unstaged', { folders: gone });
  return gone.length;
}

/** Size of a file to be sent, or undefined when there is none. */
export async function fileSize(path: string): Promise<number | undefined> {
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() ? info.size : undefined;
}

function defaultName(file: RemoteFile): string {
  const extension =
    file.mime?.split('/')[1]?.split(/[;+]/)[0] ??
    { image: 'jpg', voice: 'ogg', audio: 'mp3', video: 'mp4', file: 'bin' }[file.kind];
  return `${file.kind}.${extension}`;
}
