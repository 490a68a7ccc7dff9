import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Address } from '../core/address.ts';
import { AppError } from '../core/errors.ts';
import { asId, type SessionKey } from '../core/ids.ts';
import type { Outgoing } from '../core/outgoing.ts';
import { outgoingFolder } from '../engine/outgoing-copies.ts';
import { partsFor } from '../engine/parts.ts';
import type { Project } from '../engine/project.ts';
import type { ProjectContext } from '../engine/project-context.ts';
import { sortableId } from '../kit/ids.ts';
import { safeName } from '../kit/safe-name.ts';
import type { SendFile, SendRequest, SendResult } from '../servers/local/backend.ts';

/** `cc-connect send`: text and files into the right chat, as durable as any answer. */
export async function sendInto(project: Project, request: SendRequest): Promise<SendResult> {
  const { context } = project;
  refuseInactive(request);
  if (!request.message && request.files.length === 0) {
    throw new AppError('send_empty', 'there is nothing to send', {
      kind: 'validation',
      advice: 'give --message or a file',
    });
  }
  if (request.files.length > 0 && !context.settings.attachmentSend) {
    throw new AppError('attachments_off', 'sending files is switched off here (attachment_send)', {
      kind: 'permission',
      advice: 'send text, or ask the owner',
    });
  }
  const { key, to } = target(project, request);
  const link = context.links.get(to.account);
  if (!link)
    throw new AppError('unknown_account', `the platform of ${key} is not connected`, { kind: 'not_found' });
  const unreachable = link.platform.unreachable?.(to);
  if (unreachable) throw unreachable;
  const content: Outgoing[] = [];
  const mentions = request.atAll ? ['*', ...request.atUsers] : request.atUsers;
  if (request.message)
    content.push({
      kind: 'text',
      markdown: request.message,
      mentions: mentions.length > 0 ? mentions : undefined,
    });
  for (const file of request.files)
    content.push({
      kind: 'file',
      file: await keep(
        context.dataDir,
        checked(file, link.platform.capabilities.maxUploadBytes, context.settings.maxAttachmentBytes),
      ),
    });
  const actor = project.actorFor(key);
  const turn = actor.turn;
  const rows = partsFor(
    link.platform,
    { ...to, replyTo: undefined },
    content,
    { project: context.name },
    Date.now(),
  );
  const session = actor.sessions.known;
  const history =
    request.message && session
      ? [
          {
            sessionId: session.id,
            turnId: turn?.id ?? null,
            role: 'assistant' as const,
            text: request.message,
            at: Date.now(),
          },
        ]
      : [];
  const committed = context.store.commit('enqueue', { rows, history, at: Date.now() });
  context.delivery.reserve(rows, committed);
  await committed;
  turn?.sentFiles.push(...request.files.map(({ name }) => name));
  if (request.message) turn?.sentTexts.push(request.message.trim());
  return { project: context.name, sessionKey: key };
}

/** What the command line already takes but nothing here does yet is refused, not silently left out. */
function refuseInactive(request: SendRequest): void {
  const asked = request.ttsText ? '--tts' : request.cwd ? '--cwd' : undefined;
  if (!asked) return;
  throw new AppError('send_inactive', `send ${asked} is not active in this version`, {
    kind: 'validation',
    advice: `leave ${asked} out; nothing was sent`,
  });
}

/** The chat a session key stands for, as far as the key itself tells. */
export function placeOf(context: ProjectContext, key: string): Address | undefined {
  return [...context.links.values()]
    .map(({ platform }) => platform.parseSessionKey(key))
    .find((address) => address !== undefined);
}

function target(project: Project, request: SendRequest): { key: SessionKey; to: Address } {
  const { context } = project;
  if (request.session) {
    const key = project.keyNow(asId<SessionKey>(request.session));
    const known = context.queries.activeSession(context.name, key)?.address;
    const to = known ?? placeOf(context, key);
    if (!to)
      throw new AppError('session_unknown', `no chat belongs to the session key ${key}`, {
        kind: 'not_found',
        advice: 'see "cc-connect sessions list"',
      });
    return { key, to };
  }
  const open = context.queries.sessionsOfProject(context.name).filter((row) => row.active && row.address);
  const [only, second] = open;
  if (!only?.address)
    throw new AppError('session_none', `nobody has written to project ${context.name} yet`, {
      kind: 'not_found',
      advice: 'write to the bot first, or name a chat with --session',
    });
  if (second)
    throw new AppError('session_ambiguous', `project ${context.name} has several conversations`, {
      kind: 'validation',
      advice: `specify --session, e.g. ${only.sessionKey}`,
    });
  return { key: only.sessionKey, to: only.address };
}

function checked(
  file: SendFile,
  max: { readonly image: number; readonly file: number },
  own: number,
): SendFile {
  const cap = Math.min(own, file.kind === 'image' ? max.image : max.file);
  if (file.size > cap)
    throw new AppError(
      'file_too_large',
      `${file.name} has ${mib(file.size)} MiB; at most ${mib(cap)} are possible here`,
      { kind: 'validation', advice: 'make it smaller or send a link' },
    );
  return file;
}

/** A copy of our own: the caller may delete its file while the part still waits. */
async function keep(dataDir: string, file: SendFile) {
  const folder = join(outgoingFolder(dataDir), sortableId());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, safeName(file.name));
  if (file.uploaded) await rename(file.path, path).catch(() => copyFile(file.path, path));
  else await copyFile(file.path, path);
  return { kind: file.kind, path, name: file.name, mime: file.mime, size: file.size };
}

function mib(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
