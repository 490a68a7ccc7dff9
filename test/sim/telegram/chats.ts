import type { Chat, InlineKeyboardMarkup, Message, MessageEntity, User } from '@grammyjs/types';

export interface SimFile {
  readonly id: string;
  readonly name: string;
  readonly mime: string | undefined;
  readonly bytes: Buffer;
  readonly path: string;
}

/** A message as the service keeps it. */
export interface SimMessage {
  readonly chat: number;
  readonly id: number;
  readonly thread: number | undefined;
  readonly from: User;
  readonly own: boolean;
  readonly date: number;
  /** ms since the epoch, fractional, when it was made. */
  readonly at: number;
  text: string;
  entities: MessageEntity[];
  markup: InlineKeyboardMarkup | undefined;
  readonly file: { readonly method: string; readonly file: SimFile } | undefined;
  readonly replyTo: number | undefined;
  readonly silent: boolean;
  /** Fields beyond these for messages of people (photo, voice …). */
  readonly extra: Partial<Message>;
  reactions: string[];
  /** Earlier texts with the time of the change. */
  readonly history: { readonly text: string; readonly at: number }[];
}

export interface SimChat {
  readonly chat: Chat;
  readonly messages: Map<number, SimMessage>;
  readonly threads: Set<number>;
  migratedTo: number | undefined;
  /** Sending fails with this 403 text. */
  forbidden: string | undefined;
  draft:
    | { readonly id: number; readonly text: string; readonly canStop: boolean; readonly at: number }
    | undefined;
}

/** ms since the epoch with a fraction, comparable between processes of one machine. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** All chats of the simulated account. Private chats and basic groups share one row of message ids, as on the real service. */
export class Chats {
  readonly all = new Map<number, SimChat>();
  #shared = 0;
  readonly #own = new Map<number, number>();

  add(chat: Chat): SimChat {
    const made: SimChat = {
      chat,
      messages: new Map(),
      threads: new Set(),
      migratedTo: undefined,
      forbidden: undefined,
      draft: undefined,
    };
    this.all.set(chat.id, made);
    return made;
  }

  get(id: number): SimChat | undefined {
    return this.all.get(id);
  }

  nextId(chat: Chat): number {
    if (chat.type !== 'supergroup' && chat.type !== 'channel') return ++this.#shared;
    const id = (this.#own.get(chat.id) ?? 0) + 1;
    this.#own.set(chat.id, id);
    return id;
  }
}

/** The wire form of a stored message. */
export function toWire(chats: Chats, message: SimMessage, depth = 0): Message {
  const home = chats.get(message.chat);
  if (!home) throw new Error('message without chat');
  const replied = message.replyTo === undefined ? undefined : home.messages.get(message.replyTo);
  const wire: Record<string, unknown> = {
    message_id: message.id,
    from: message.from,
    chat: home.chat,
    date: message.date,
    ...(message.thread === undefined ? {} : { message_thread_id: message.thread, is_topic_message: true }),
    ...(replied && depth === 0 ? { reply_to_message: toWire(chats, replied, 1) } : {}),
    ...(message.markup ? { reply_markup: message.markup } : {}),
    ...message.extra,
  };
  const captioned = message.file !== undefined || 'caption' in message.extra || hasMedia(message.extra);
  if (captioned) {
    if (message.text !== '') wire.caption = message.text;
    if (message.entities.length > 0) wire.caption_entities = message.entities;
  } else if (message.text !== '') {
    wire.text = message.text;
    if (message.entities.length > 0) wire.entities = message.entities;
  }
  if (message.file) wire[kindOf(message.file.method)] = mediaOf(message.file.method, message.file.file);
  return wire as unknown as Message;
}

function hasMedia(extra: Partial<Message>): boolean {
  return ['photo', 'document', 'voice', 'audio', 'video', 'animation', 'video_note'].some(
    (key) => key in extra,
  );
}

function kindOf(method: string): string {
  return method.slice('send'.length).toLowerCase();
}

function mediaOf(method: string, file: SimFile): unknown {
  const base = { file_id: file.id, file_unique_id: `u${file.id}`, file_size: file.bytes.length };
  if (method === 'sendPhoto') return [{ ...base, width: 90, height: 90 }];
  return { ...base, file_name: file.name, ...(file.mime ? { mime_type: file.mime } : {}), duration: 1 };
}
