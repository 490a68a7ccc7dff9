import { copyFile, mkdir, open, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Nodes } from 'mdast';
import type { Address } from '../core/address.ts';
import { describeError } from '../core/errors.ts';
import type { TurnId } from '../core/ids.ts';
import type { LocalFile } from '../core/outgoing.ts';
import { sortableId } from '../kit/ids.ts';
import { parseMarkdown } from '../kit/markdown/parse.ts';
import { safeName } from '../kit/safe-name.ts';
import type { OutboxRow } from '../store/rows.ts';
import { outgoingFolder } from './outgoing-copies.ts';
import { partsFor } from './parts.ts';
import { linkOf, type ProjectContext } from './project-context.ts';

/** More pictures of one answer stay links. */
const most = 8;
/** What every platform shows as a picture, by how such a file begins. */
const kinds: readonly (readonly [mime: string, begins: RegExp])[] = [
  ['image/png', /^\x89PNG\r\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8/],
  ['image/webp', /^RIFF[\s\S]{4}WEBP/],
];

/**
 * Parts that show the pictures an answer names as Markdown images: files inside the work directory only, as copies of
 * our own, because the agent may change them before they are sent. What cannot be shown stays the link it is in the text.
 */
export async function pictureParts(
  context: ProjectContext,
  turn: {
    readonly id: TurnId;
    readonly address: Address;
    readonly workDir: string;
    /** Names of files that are in the chat already. */
    readonly sentFiles: readonly string[];
  },
  markdown: string,
): Promise<OutboxRow[]> {
  const link = linkOf(context, turn.address);
  if (!link || link.trusted || !context.settings.attachmentSend || !markdown.includes('![')) return [];
  const cap = Math.min(link.platform.capabilities.maxUploadBytes.image, context.settings.maxAttachmentBytes);
  const rows: OutboxRow[] = [];
  // Whatever goes wrong with a picture, the end of the turn does not fail by it.
  const images = await localImages(markdown, turn.workDir).catch((error: unknown) => {
    context.log.warn(
      { turn: turn.id, error: describeError(error) },
      'the pictures of an answer are not shown',
    );
    return [];
  });
  for (const path of images) {
    if (rows.length >= most) break;
    if (turn.sentFiles.includes(basename(path))) continue;
    try {
      const file = await kept(context.dataDir, path, cap);
      const owner = { project: context.name, turnId: turn.id };
      if (file)
        rows.push(...partsFor(link.platform, turn.address, { kind: 'file', file }, owner, Date.now()));
    } catch (error) {
      context.log.info({ turn: turn.id, error: describeError(error) }, 'a picture of an answer is not shown');
    }
  }
  return rows;
}

/** Real paths inside the work directory, each once, in the order of the text. */
async function localImages(markdown: string, workDir: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const root = await realpath(workDir).catch(() => undefined);
  if (root === undefined) return found;
  for (const url of imageUrls(parseMarkdown(markdown))) {
    const path = pathOf(url);
    const real = path && (await realpath(resolve(root, path)).catch(() => undefined));
    if (real?.startsWith(root.endsWith(sep) ? root : root + sep)) found.add(real);
  }
  return found;
}

function imageUrls(node: Nodes): string[] {
  if (node.type === 'image') return [node.url];
  return 'children' in node ? node.children.flatMap(imageUrls) : [];
}

function pathOf(url: string): string | undefined {
  try {
    if (/^file:/i.test(url)) return fileURLToPath(url);
    return /^[a-z][\w+.-]+:|^\/\//i.test(url) ? undefined : decodeURI(url);
  } catch {
    return undefined; // no path that could be meant
  }
}

async function kept(dataDir: string, path: string, cap: number): Promise<LocalFile | undefined> {
  const { size, mime } = await looked(path);
  if (mime === undefined || size > cap) return undefined;
  const name = safeName(basename(path));
  const folder = join(outgoingFolder(dataDir), sortableId());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const copy = join(folder, name);
  await copyFile(path, copy);
  return { kind: 'image', path: copy, name, mime, size };
}

async function looked(path: string): Promise<{ size: number; mime: string | undefined }> {
  const info = await stat(path);
  // Opening a pipe would wait for its other end.
  if (!info.isFile()) return { size: 0, mime: undefined };
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(12), position: 0 });
    const head = buffer.subarray(0, bytesRead).toString('latin1');
    return { size: info.size, mime: kinds.find(([, begins]) => begins.test(head))?.[0] };
  } finally {
    await file.close();
  }
}
