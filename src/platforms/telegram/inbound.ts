import { createHash } from 'node:crypto';
import type { Chat, Message, MessageGenerationStopped, Update, User } from 'grammy/types';
import type { Address } from '../../core/address.ts';
import type { AccountId } from '../../core/ids.ts';
import type { Action, Inbound, Quoted, Sender } from '../../core/inbound.ts';
import { extraOf, filesOf, fullName, originName, wordsOf } from './content.ts';
import { type BotIdentity, isForBot, isForOtherBot, stripMention } from './mention.ts';
import { requireInteger, requireMessage, requireSound } from './shape.ts';

/** What reading an update needs to know. */
export interface InboundContext {
  readonly account: AccountId;
  readonly bot: BotIdentity;
  readonly groupReplyAll: boolean;
  /** Albums of which one member mentioned the bot: the others carry no caption. */
  readonly addressedAlbums: ReadonlySet<string>;
}

export type Reading =
  | { readonly kind: 'input'; readonly input: Inbound }
  | { readonly kind: 'action'; readonly action: Action; readonly queryId: string }
  | { readonly kind: 'ignored'; readonly why: string };

/** Members of an album arrive as messages of their own, usually in one batch. */
const ALBUM_WINDOW_MS = 700;
/** Messages of anonymous admins and of people writing as a channel come from these service accounts. */
const MASKS: ReadonlySet<number> = new Set([1087968824, 136817688]);

const ignored = (why: string): Reading => ({ kind: 'ignored', why });

/** The updates we ask for; others are never sent to us. */
export const allowedUpdates = [
  'message',
  'edited_message',
  'callback_query',
  'stopped_message_generation',
] as const satisfies readonly Exclude<keyof Update, 'update_id'>[];

/** Reads one update. Pure. Throws `TypeError` for shapes the service never sends. */
export function readUpdate(update: Update, context: InboundContext): Reading {
  const reading = read(update, context);
  if (reading.kind === 'input') requireSound(reading.input);
  if (reading.kind === 'action') requireSound(reading.action);
  return reading;
}

function read(update: Update, context: InboundContext): Reading {
  if (update.message) return readMessage(update.message, context);
  if (update.edited_message) return readEdit(update.edited_message, context);
  if (update.callback_query) return readPress(update.callback_query, context);
  if (update.stopped_message_generation) return readStop(update.stopped_message_generation, context);
  return ignored('unknown kind');
}

/** The album a message belongs to, if that message mentions the bot. */
export function addressedAlbum(update: Update, bot: BotIdentity): string | undefined {
  const message = update.message;
  const album = message?.media_group_id;
  return message && album !== undefined && isForBot(message, bot) ? album : undefined;
}

function readMessage(message: Message, context: InboundContext): Reading {
  requireMessage(message);
  const { chat } = message;
  if (message.migrate_to_chat_id !== undefined)
    return migration(String(chat.id), String(message.migrate_to_chat_id), message, context);
  if (message.migrate_from_chat_id !== undefined)
    return migration(String(message.migrate_from_chat_id), String(chat.id), message, context);
  const refused = whyNot(message, context);
  if (refused) return ignored(refused);
  const text = stripMention(wordsOf(message), context.bot);
  const files = filesOf(message);
  const extra = extraOf(message);
  const quoted = quotedOf(message, context.bot);
  if (text === '' && files.length === 0 && extra === undefined && !quoted) return ignored('nothing in it');
  const id = String(message.message_id);
  return {
    kind: 'input',
    input: {
      kind: 'message',
      dedupeKey: `m:${chat.id}:${id}`,
      address: { ...addressOf(message, context.account), replyTo: id },
      sender: senderOf(message),
      at: message.date * 1000,
      message: id,
      text,
      addressed: true,
      ...(quoted ? { quoted } : {}),
      ...(files.length > 0 ? { files } : {}),
      ...(extra === undefined ? {} : { extra }),
      ...(message.media_group_id === undefined
        ? {}
        : { group: { id: message.media_group_id, windowMs: ALBUM_WINDOW_MS } }),
    },
  };
}

function readEdit(message: Message, context: InboundContext): Reading {
  requireMessage(message);
  const refused = whyNot(message, context);
  if (refused) return ignored(refused);
  const text = stripMention(wordsOf(message), context.bot);
  if (text === '') return ignored('edit without text');
  const id = String(message.message_id);
  // Two edits within one second have the same date.
  const mark = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return {
    kind: 'input',
    input: {
      kind: 'edit',
      dedupeKey: `e:${message.chat.id}:${id}:${message.edit_date ?? 0}:${mark}`,
      address: { ...addressOf(message, context.account), replyTo: id },
      sender: senderOf(message),
      at: (message.edit_date ?? message.date) * 1000,
      message: id,
      text,
    },
  };
}

function readPress(query: NonNullable<Update['callback_query']>, context: InboundContext): Reading {
  const { message, data, from } = query;
  if (!message || data === undefined) return ignored('press without message or data');
  if (typeof query.id !== 'string' || query.id === '') throw new TypeError('the press has no id');
  requireInteger('message_id', message.message_id);
  requireInteger('chat.id', message.chat.id);
  requireInteger('from.id', from.id);
  const thread =
    'message_thread_id' in message && message.is_topic_message ? message.message_thread_id : undefined;
  const direct = message.chat.type === 'private';
  return {
    kind: 'action',
    queryId: query.id,
    action: {
      kind: 'action',
      dedupeKey: `c:${query.id}`,
      address: place(message.chat, thread, direct ? message.chat.id : from.id, context.account),
      sender: personOf(from),
      at: 0,
      data,
      source: {
        chat: String(message.chat.id),
        message: String(message.message_id),
        ...(thread === undefined ? {} : { thread: String(thread) }),
      },
    },
  };
}

function readStop(stopped: MessageGenerationStopped, context: InboundContext): Reading {
  const { chat, message_thread_id: thread, draft_id: draft } = stopped;
  requireInteger('chat.id', chat.id);
  requireInteger('draft_id', draft);
  return {
    kind: 'input',
    input: {
      kind: 'stop',
      dedupeKey: `s:${chat.id}:${draft}`,
      address: place(chat, thread, chat.id, context.account),
      sender: {
        id: String(chat.id),
        name: [chat.first_name, chat.last_name].filter(Boolean).join(' '),
        ...(chat.username ? { username: chat.username } : {}),
      },
      at: 0,
    },
  };
}

function migration(fromChat: string, toChat: string, message: Message, context: InboundContext): Reading {
  requireInteger('chat id before', Number(fromChat));
  requireInteger('chat id after', Number(toChat));
  return {
    kind: 'input',
    input: migrateInput(fromChat, toChat, context.account, senderOf(message), message.date * 1000),
  };
}

/** The same from an update and from a refused send, so that they are one happening. */
export function migrateInput(
  fromChat: string,
  toChat: string,
  account: AccountId,
  sender: Sender,
  at: number,
): Inbound {
  return {
    kind: 'migrate',
    dedupeKey: `g:${fromChat}:${toChat}`,
    address: { account, chat: toChat, direct: false },
    sender,
    at,
    fromChat,
  };
}

/** Why a message is not for us; undefined when it is. */
function whyNot(message: Message, context: InboundContext): string | undefined {
  const { chat, from } = message;
  if (chat.type === 'channel') return 'channel';
  if (!from) return 'no sender';
  if (from.id === context.bot.id) return 'own message';
  if (message.is_automatic_forward) return 'channel post forwarded by the service';
  if (from.is_bot && !(MASKS.has(from.id) && message.sender_chat)) return 'another bot';
  if (chat.type === 'private') return undefined;
  if (isForOtherBot(message, context.bot)) return 'for another bot';
  if (context.groupReplyAll || isForBot(message, context.bot)) return undefined;
  const album = message.media_group_id;
  return album !== undefined && context.addressedAlbums.has(album) ? undefined : 'not addressed';
}

function addressOf(message: Message, account: AccountId): Address {
  const thread = message.is_topic_message ? message.message_thread_id : undefined;
  return place(message.chat, thread, senderIdOf(message), account);
}

function place(chat: Chat, thread: number | undefined, user: number, account: AccountId): Address {
  return {
    account,
    chat: String(chat.id),
    ...(thread === undefined ? {} : { thread: String(thread) }),
    direct: chat.type === 'private',
    user: String(user),
  };
}

function senderIdOf(message: Message): number {
  const masked = message.from && MASKS.has(message.from.id) ? message.sender_chat : undefined;
  return masked?.id ?? message.from?.id ?? message.chat.id;
}

function senderOf(message: Message): Sender {
  const { from, sender_chat: chat } = message;
  if (from && MASKS.has(from.id) && chat)
    return { id: String(chat.id), ...('title' in chat && chat.title ? { name: chat.title } : {}) };
  return from ? personOf(from) : { id: String(message.chat.id) };
}

function personOf(user: User): Sender {
  return {
    id: String(user.id),
    name: fullName(user),
    ...(user.username ? { username: user.username } : {}),
    ...(user.is_bot ? { bot: true } : {}),
    ...(user.language_code ? { language: user.language_code } : {}),
  };
}

function quotedOf(message: Message, bot: BotIdentity): Quoted | undefined {
  const { reply_to_message: reply, external_reply: external, quote } = message;
  if (reply && reply.forum_topic_created === undefined) {
    const text = quote?.text ?? wordsOf(reply);
    const files = filesOf(reply);
    return {
      message: String(reply.message_id),
      ...(reply.from ? { sender: fullName(reply.from) } : {}),
      ...(text === '' ? {} : { text }),
      ...(reply.from?.id === bot.id ? { own: true } : {}),
      ...(files.length > 0 ? { files } : {}),
    };
  }
  if (!external) return undefined;
  return {
    message: String(external.message_id ?? ''),
    sender: originName(external.origin),
    ...(quote?.text ? { text: quote.text } : {}),
  };
}
