import { createHash } from 'node:crypto';
import type { Address, MessageRef } from '../../core/address.ts';
import { AppError, kindOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Part } from '../../core/outgoing.ts';
import type { ApiCall, FeishuApi } from './api.ts';
import { feishuCode } from './errors.ts';
import { type UploadedFile, upload } from './upload.ts';

/** What a part's `body` holds. */
export type PartBody =
  | { readonly type: 'interactive' | 'post' | 'text'; readonly content: JsonObject }
  | { readonly type: 'upload'; readonly file: UploadedFile };

/** A message as it goes over the wire. */
export interface WireMessage {
  readonly type: string;
  readonly content: JsonObject;
}

export interface SendOptions {
  /** Answers in topics stay there. */
  readonly inThread: boolean;
}

/** The `uuid` of a key: at most 50 characters; the service drops a repeat within the hour. */
export function uuidOf(key: string): string {
  return /^[\w.:-]{1,50}$/.test(key) ? key : createHash('sha256').update(key).digest('hex').slice(0, 48);
}

/** `receive_id_type` by the look of the id. */
export function receiverKind(chat: string): string {
  if (chat.startsWith('oc_')) return 'chat_id';
  if (chat.startsWith('ou_')) return 'open_id';
  if (chat.startsWith('on_')) return 'union_id';
  return chat.includes('@') ? 'email' : 'user_id';
}

export const messagePath = (id: string, rest = ''): string =>
  `/open-apis/im/v1/messages/${encodeURIComponent(id)}${rest}`;

interface Created {
  readonly message_id?: string;
  readonly chat_id?: string;
  readonly thread_id?: string;
  readonly create_time?: string;
}

/** A sent message, and when the service made it (a repeat shows the time of the first). */
export interface Sent {
  readonly ref: MessageRef;
  readonly createdAt: number;
}

export async function sendPart(
  api: FeishuApi,
  to: Address,
  part: Part,
  key: string,
  options: SendOptions,
  signal: AbortSignal,
): Promise<MessageRef> {
  const body = part.body as unknown as PartBody;
  const message: WireMessage =
    body.type === 'upload'
      ? await upload(api, body.file, signal)
      : { type: body.type, content: body.content };
  try {
    return (await post(api, to, message, uuidOf(key), options, signal)).ref;
  } catch (error) {
    // A text the card renderer refuses is better plain than lost. Nothing was sent, so the second key is safe.
    if (kindOf(error) !== 'validation' || part.kind === 'file' || part.plain.trim() === '') throw error;
    const plain: WireMessage = { type: 'text', content: { text: escapeAt(part.plain) } };
    return (await post(api, to, plain, uuidOf(`${key}/plain`), options, signal)).ref;
  }
}

/** Plain texts know one tag, the mention. */
const escapeAt = (text: string): string => text.replace(/<at(?=[\s>])/g, '<\u200bat');

/** Sends as a reply when there is a message to reply to; when that is gone, into the chat. */
export async function post(
  api: FeishuApi,
  to: Address,
  message: WireMessage,
  uuid: string,
  options: SendOptions,
  signal: AbortSignal,
): Promise<Sent> {
  const data = { msg_type: message.type, content: JSON.stringify(message.content), uuid };
  const thread = options.inThread && to.thread !== undefined;
  const anchors = [to.replyTo, thread ? to.thread : undefined].filter((id) => id !== undefined);
  for (const anchor of new Set(anchors)) {
    const call: ApiCall = {
      op: 'sending a reply',
      method: 'POST',
      path: messagePath(anchor, '/reply'),
      data: { ...data, reply_in_thread: thread },
    };
    try {
      return sentOf(await api.call<Created>(call, signal), to);
    } catch (error) {
      if (!anchorGone(error)) throw error;
    }
  }
  const call: ApiCall = {
    op: 'sending a message',
    method: 'POST',
    path: '/open-apis/im/v1/messages',
    params: { receive_id_type: receiverKind(to.chat) },
    data: { ...data, receive_id: to.chat },
  };
  return sentOf(await api.call<Created>(call, signal), to);
}

/** The message replied to was withdrawn, deleted, or cannot be seen. */
const anchorGone = (error: unknown): boolean =>
  [230011, 230003, 230050, 230110, 230111].includes(feishuCode(error) ?? 0);

function sentOf(created: Created, to: Address): Sent {
  if (!created.message_id)
    throw new AppError('feishu_ambiguous', 'the answer names no message', { kind: 'ambiguous' });
  return {
    ref: { chat: created.chat_id ?? to.chat, message: created.message_id, thread: to.thread },
    createdAt: Number(created.create_time ?? 0),
  };
}

/** Replaces a message of ours: cards by PATCH, texts and posts by PUT (about 20 times). */
export async function editMessage(
  api: FeishuApi,
  ref: MessageRef,
  message: WireMessage,
  signal: AbortSignal,
): Promise<void> {
  const content = JSON.stringify(message.content);
  const card = message.type === 'interactive';
  await api.call(
    {
      op: 'editing a message',
      method: card ? 'PATCH' : 'PUT',
      path: messagePath(ref.message),
      data: card ? { content } : { msg_type: message.type, content },
    },
    signal,
  );
}

/** Withdraws a message of ours; one that is gone already is fine. */
export async function removeMessage(api: FeishuApi, ref: MessageRef, signal: AbortSignal): Promise<void> {
  try {
    await api.call({ op: 'removing a message', method: 'DELETE', path: messagePath(ref.message) }, signal);
  } catch (error) {
    if (kindOf(error) !== 'not_found') throw error;
  }
}
