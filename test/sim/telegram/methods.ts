import type {
  BotCommand,
  InlineKeyboardMarkup,
  ReplyParameters,
  Update,
  UserFromGetMe,
} from '@grammyjs/types';
import { Chats, now, type SimChat, type SimFile, type SimMessage, toWire } from './chats.ts';
import type { Upload } from './multipart.ts';
import { type FormattedText, formatted, keyboard, nonEmpty, Refusal, richText } from './validate.ts';

export type Payload = Readonly<Record<string, unknown>>;

/** What the service knows: the account, its chats, files and open button presses. */
export class Account {
  readonly chats = new Chats();
  readonly files = new Map<string, SimFile>();
  readonly presses = new Map<string, (toast: string | undefined) => void>();
  commands: readonly BotCommand[] = [];
  webhook = '';
  /** Whether drafts are taken: `404` as an old server, `400` as one that refuses them for this bot. */
  drafts: 'on' | '404' | '400' = 'on';
  /** Whether rich messages are taken: `404` as an old server, `400` as one that refuses them. */
  rich: 'on' | '404' | '400' = 'on';
  readonly me: UserFromGetMe;
  /** Called for every message that changed or appeared. */
  changed: () => void = () => {};

  constructor(me: UserFromGetMe) {
    this.me = me;
  }

  chat(id: unknown): SimChat {
    const chat = this.chats.get(Number(id));
    if (!chat) throw new Refusal(400, 'Bad Request: chat not found');
    if (chat.migratedTo !== undefined)
      throw new Refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
        migrate_to_chat_id: chat.migratedTo,
      });
    if (chat.forbidden) throw new Refusal(403, chat.forbidden);
    return chat;
  }

  own(payload: Payload, missing: string): { chat: SimChat; message: SimMessage } {
    const chat = this.chat(payload.chat_id);
    const message = chat.messages.get(Number(payload.message_id));
    if (!message) throw new Refusal(400, `Bad Request: ${missing}`);
    return { chat, message };
  }

  post(
    chat: SimChat,
    payload: Payload,
    body: FormattedText,
    markup: InlineKeyboardMarkup | undefined,
    file?: SimMessage['file'],
  ): SimMessage {
    const thread = payload.message_thread_id as number | undefined;
    if (thread !== undefined && !chat.threads.has(thread))
      throw new Refusal(400, 'Bad Request: message thread not found');
    const reply = payload.reply_parameters as ReplyParameters | undefined;
    const known = reply?.message_id !== undefined && chat.messages.has(reply.message_id);
    if (reply && !known && !reply.allow_sending_without_reply)
      throw new Refusal(400, 'Bad Request: message to be replied not found');
    const message: SimMessage = {
      chat: chat.chat.id,
      id: this.chats.nextId(chat.chat),
      thread,
      from: this.me,
      own: true,
      date: Math.floor(Date.now() / 1000),
      at: now(),
      text: body.text,
      entities: body.entities,
      markup,
      file,
      replyTo: known ? reply?.message_id : undefined,
      silent: payload.disable_notification === true,
      extra: {},
      reactions: [],
      history: [],
    };
    chat.messages.set(message.id, message);
    chat.draft = undefined;
    this.changed();
    return message;
  }
}

type Handler = (account: Account, payload: Payload, uploads: ReadonlyMap<string, Upload>) => unknown;

const MESSAGE_LIMIT = 4096;
const CAPTION_LIMIT = 1024;
const PHOTO_BYTES = 10 * 1024 * 1024;
const FILE_BYTES = 50 * 1024 * 1024;

function media(field: string): Handler {
  const method = `send${field[0]?.toUpperCase()}${field.slice(1)}`;
  return (account, payload, uploads) => {
    const chat = account.chat(payload.chat_id);
    const reference = String(payload[field] ?? '');
    const upload = reference.startsWith('attach://') ? uploads.get(reference.slice(9)) : uploads.get(field);
    if (!upload) throw new Refusal(400, `Bad Request: there is no ${field} in the request`);
    if (upload.size === 0) throw new Refusal(400, 'Bad Request: file must be non-empty');
    if (upload.size > FILE_BYTES) throw new Refusal(413, 'Request Entity Too Large');
    if (field === 'photo' && upload.size > PHOTO_BYTES)
      throw new Refusal(400, `Bad Request: file of size ${upload.size} bytes is too big for a photo`);
    const body = formatted(payload.caption, payload.parse_mode, CAPTION_LIMIT, 'message caption is too long');
    const id = `F${account.files.size + 1}`;
    const file: SimFile = {
      id,
      name: upload.name,
      mime: undefined,
      bytes: upload.bytes,
      path: `documents/${id}`,
    };
    account.files.set(id, file);
    return toWire(
      account.chats,
      account.post(chat, payload, body, keyboard(payload.reply_markup), { method, file }),
    );
  };
}

function edit(account: Account, payload: Payload, body: FormattedText | undefined) {
  const { message } = account.own(payload, 'message to edit not found');
  if (!message.own) throw new Refusal(400, "Bad Request: message can't be edited");
  const markup = keyboard(payload.reply_markup);
  const text = body ?? message;
  const before = JSON.stringify([message.text, message.entities, message.markup ?? null]);
  if (before === JSON.stringify([text.text, text.entities, markup ?? null]))
    throw new Refusal(
      400,
      'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
    );
  message.history.push({ text: message.text, at: now() });
  message.text = text.text;
  message.entities = text.entities;
  message.markup = markup;
  account.changed();
  return { ...toWire(account.chats, message), edit_date: Math.floor(Date.now() / 1000) };
}

function richBody(account: Account, payload: Payload): FormattedText {
  if (account.rich === '404') throw new Refusal(404, 'Not Found');
  if (account.rich === '400') throw new Refusal(400, 'Bad Request: rich messages are not available');
  return richText(payload.rich_message);
}

const texts = (payload: Payload) =>
  formatted(payload.text, payload.parse_mode, MESSAGE_LIMIT, 'message is too long');

/** One function per Bot API method; getUpdates is the server's own. */
export const handlers: Readonly<Record<string, Handler>> = {
  getMe: (account) => account.me,
  deleteWebhook: (account) => {
    account.webhook = '';
    return true;
  },
  getWebhookInfo: (account) => ({
    url: account.webhook,
    has_custom_certificate: false,
    pending_update_count: 0,
  }),
  sendMessage: (account, payload) => {
    const chat = account.chat(payload.chat_id);
    const body = nonEmpty(texts(payload));
    return toWire(account.chats, account.post(chat, payload, body, keyboard(payload.reply_markup)));
  },
  sendRichMessage: (account, payload) => {
    const chat = account.chat(payload.chat_id);
    const body = richBody(account, payload);
    return toWire(account.chats, account.post(chat, payload, body, keyboard(payload.reply_markup)));
  },
  sendMessageDraft: (account, payload) => {
    if (account.drafts === '404') throw new Refusal(404, 'Not Found');
    if (account.drafts === '400')
      throw new Refusal(400, 'Bad Request: method is available only for some bots');
    const chat = account.chat(payload.chat_id);
    if (chat.chat.type !== 'private') throw new Refusal(400, 'Bad Request: chat must be private');
    const id = Number(payload.draft_id);
    if (!Number.isSafeInteger(id) || id === 0) throw new Refusal(400, 'Bad Request: DRAFT_ID_INVALID');
    chat.draft = { id, text: texts(payload).text, canStop: payload.can_stop === true, at: now() };
    account.changed();
    return true;
  },
  editMessageText: (account, payload) => {
    const { message } = account.own(payload, 'message to edit not found');
    if (message.own && message.file)
      throw new Refusal(400, 'Bad Request: there is no text in the message to edit');
    const body = payload.rich_message === undefined ? nonEmpty(texts(payload)) : richBody(account, payload);
    return edit(account, payload, body);
  },
  editMessageCaption: (account, payload) => {
    const { message } = account.own(payload, 'message to edit not found');
    if (message.own && !message.file)
      throw new Refusal(400, 'Bad Request: there is no caption in the message to edit');
    return edit(
      account,
      payload,
      formatted(payload.caption, payload.parse_mode, CAPTION_LIMIT, 'message caption is too long'),
    );
  },
  editMessageReplyMarkup: (account, payload) => edit(account, payload, undefined),
  deleteMessage: (account, payload) => {
    const { chat, message } = account.own(payload, 'message to delete not found');
    chat.messages.delete(message.id);
    account.changed();
    return true;
  },
  sendPhoto: media('photo'),
  sendDocument: media('document'),
  sendAudio: media('audio'),
  sendVoice: media('voice'),
  sendVideo: media('video'),
  sendChatAction: (account, payload) => {
    account.chat(payload.chat_id);
    return true;
  },
  setMessageReaction: (account, payload) => {
    const { message } = account.own(payload, 'message to react not found');
    const wanted = (payload.reaction ?? []) as { type: string; emoji?: string }[];
    if (wanted.length > 1) throw new Refusal(400, 'Bad Request: REACTIONS_TOO_MANY');
    message.reactions = wanted.map((reaction) => reaction.emoji ?? '');
    account.changed();
    return true;
  },
  answerCallbackQuery: (account, payload) => {
    const id = String(payload.callback_query_id);
    const text = payload.text as string | undefined;
    if ((text?.length ?? 0) > 200) throw new Refusal(400, 'Bad Request: MESSAGE_TOO_LONG');
    const answered = account.presses.get(id);
    if (!answered)
      throw new Refusal(
        400,
        'Bad Request: query is too old and response timeout expired or query ID is invalid',
      );
    account.presses.delete(id);
    answered(text);
    return true;
  },
  setMyCommands: (account, payload) => {
    const commands = payload.commands as BotCommand[];
    if (commands.length > 100) throw new Refusal(400, 'Bad Request: BOT_COMMANDS_TOO_MUCH');
    for (const { command, description } of commands) {
      if (!/^[a-z0-9_]{1,32}$/.test(command)) throw new Refusal(400, 'Bad Request: BOT_COMMAND_INVALID');
      if (description.length < 1 || description.length > 256)
        throw new Refusal(400, 'Bad Request: BOT_COMMAND_DESCRIPTION_INVALID');
    }
    account.commands = commands;
    return true;
  },
  getMyCommands: (account) => account.commands,
  getFile: (account, payload) => {
    const file = account.files.get(String(payload.file_id));
    if (!file) throw new Refusal(400, 'Bad Request: wrong file_id or the file is temporarily unavailable');
    if (file.bytes.length > 20 * 1024 * 1024) throw new Refusal(400, 'Bad Request: file is too big');
    return {
      file_id: file.id,
      file_unique_id: `u${file.id}`,
      file_size: file.bytes.length,
      file_path: file.path,
    };
  },
  getChat: (account, payload) => account.chat(payload.chat_id).chat,
  createForumTopic: (account, payload) => {
    const chat = account.chat(payload.chat_id);
    const name = String(payload.name ?? '');
    if (name.length < 1 || name.length > 128) throw new Refusal(400, 'Bad Request: TOPIC_NAME_INVALID');
    const thread = account.chats.nextId(chat.chat);
    chat.threads.add(thread);
    return { message_thread_id: thread, name, icon_color: 7322096 };
  },
};

export type { Update };
