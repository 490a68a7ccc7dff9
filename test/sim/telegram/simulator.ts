import { randomUUID } from 'node:crypto';
import type { Message, MessageEntity, Update, User } from '@grammyjs/types';
import { now, type SimChat, type SimFile, type SimMessage, toWire } from './chats.ts';
import type { Faults } from './faults.ts';
import { Account } from './methods.ts';
import { ApiServer, type Call } from './server.ts';

/** What a person sends. */
export interface Sending {
  readonly text?: string;
  readonly entities?: MessageEntity[];
  readonly thread?: number;
  readonly replyTo?: number;
  /** Ready wire fields: photo, voice, location, media_group_id, quote … */
  readonly extra?: Partial<Message>;
}

export interface SimOptions {
  readonly token?: string;
  readonly username?: string;
  /** A fixed port lets a daemon come back to it; default any free one. */
  readonly port?: number;
}

const WAIT_MS = 10_000;

/** Telegram's Bot API on loopback: enough of it for a bot that chats, and strict where the real one is. */
export class TelegramSim {
  readonly token: string;
  readonly account: Account;
  readonly #server: ApiServer;
  readonly #watchers = new Set<() => void>();
  #url = '';
  #lastUpdate: object | undefined;
  #lastChat: number | undefined;

  private constructor(options: SimOptions) {
    this.token = options.token ?? '7000001:AAtest-token_for-the-simulator0000000';
    this.account = new Account({
      id: Number(this.token.split(':')[0]),
      is_bot: true,
      first_name: 'Sim',
      username: options.username ?? 'sim_bot',
      can_join_groups: true,
      can_read_all_group_messages: false,
      supports_inline_queries: false,
      can_connect_to_business: false,
      has_main_web_app: false,
      has_topics_enabled: false,
      allows_users_to_create_topics: false,
      can_manage_bots: false,
      supports_join_request_queries: false,
    });
    this.#server = new ApiServer(this.account, this.token);
    this.account.changed = () => {
      for (const check of this.#watchers) check();
    };
  }

  static async start(options: SimOptions = {}): Promise<TelegramSim> {
    const sim = new TelegramSim(options);
    sim.#url = await sim.#server.listen(options.port);
    return sim;
  }

  /** What goes into the option `api_base`. */
  get url(): string {
    return this.#url;
  }

  get faults(): Faults {
    return this.#server.faults;
  }

  /** Every call of the bot, oldest first, with times. */
  get calls(): readonly Call[] {
    return this.#server.calls;
  }

  /** Updates not yet confirmed by the bot. */
  get pendingUpdates(): number {
    return this.#server.updates.pending;
  }

  /** Connections since the start, closed ones included. */
  get accepted(): number {
    return this.#server.accepted;
  }

  get connections(): number {
    return this.#server.connections;
  }

  /** When an update was handed to the bot last, ms since the epoch. */
  deliveredAt(updateId: number): number | undefined {
    return this.#server.updates.deliveredAt.get(updateId);
  }

  /** The connection on which the bot waits for updates is dead from now on, and nobody tells the bot. */
  deafenPoll(): void {
    this.#server.updates.deafen();
  }

  cutConnections(): void {
    this.#server.cut();
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  addPrivateChat(user: { readonly id: number; readonly name: string; readonly language?: string }): User {
    const person: User = {
      id: user.id,
      is_bot: false,
      first_name: user.name,
      username: user.name.toLowerCase(),
      ...(user.language ? { language_code: user.language } : {}),
    };
    this.account.chats.add({
      id: user.id,
      type: 'private',
      first_name: user.name,
      username: user.name.toLowerCase(),
    });
    return person;
  }

  addGroup(id: number, title: string, type: 'group' | 'supergroup' = 'supergroup'): void {
    this.account.chats.add({ id, type, title } as SimChat['chat']);
  }

  addForum(id: number, title: string, threads: readonly number[]): void {
    const chat = this.account.chats.add({ id, type: 'supergroup', title, is_forum: true });
    for (const thread of threads) chat.threads.add(thread);
  }

  allowThread(chat: number, thread: number): void {
    this.chat(chat).threads.add(thread);
  }

  chat(id: number): SimChat {
    const chat = this.account.chats.get(id);
    if (!chat) throw new Error(`no chat ${id}`);
    return chat;
  }

  /** A file on the service that people's messages can refer to. */
  addFile(name: string, bytes: Buffer, mime?: string): SimFile {
    const id = `P${this.account.files.size + 1}`;
    const file: SimFile = { id, name, mime, bytes, path: `files/${id}/${encodeURIComponent(name)}` };
    this.account.files.set(id, file);
    return file;
  }

  /** A person writes. Returns the message id and the id of the update that carries it. */
  userSends(user: User, chatId: number, what: Sending | string): { message: number; update: number } {
    const sending = typeof what === 'string' ? { text: what } : what;
    const message = this.#store(user, chatId, sending);
    return {
      message: message.id,
      update: this.#push({ message: toWire(this.account.chats, message) }, chatId),
    };
  }

  userEdits(user: User, chatId: number, messageId: number, text: string): void {
    const message = this.#message(chatId, messageId);
    message.history.push({ text: message.text, at: now() });
    message.text = text;
    const wire = {
      ...toWire(this.account.chats, message),
      from: user,
      edit_date: Math.floor(Date.now() / 1000),
    };
    this.#push({ edited_message: wire }, chatId);
  }

  /** A person presses a button, by label or payload. Resolves with the toast once the bot has answered. */
  press(
    user: User,
    chatId: number,
    messageId: number,
    button: string,
    timeoutMs = WAIT_MS,
  ): Promise<string | undefined> {
    const message = this.#message(chatId, messageId);
    const found = message.markup?.inline_keyboard
      .flat()
      .find(
        (candidate) =>
          candidate.text === button || ('callback_data' in candidate && candidate.callback_data === button),
      );
    if (!found || !('callback_data' in found))
      throw new Error(`no button "${button}" on message ${messageId}`);
    const id = randomUUID();
    const pressed = new Promise<string | undefined>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`button "${button}" got no answer`)), timeoutMs);
      timer.unref();
      this.account.presses.set(id, (toast) => {
        clearTimeout(timer);
        resolve(toast);
      });
    });
    this.#push(
      {
        callback_query: {
          id,
          from: user,
          chat_instance: String(chatId),
          data: found.callback_data,
          message: toWire(this.account.chats, message),
        },
      },
      chatId,
    );
    return pressed;
  }

  /** The person presses Stop under the draft. */
  pressStop(chatId: number): void {
    const { chat, draft } = this.chat(chatId);
    if (!draft?.canStop) throw new Error('there is no draft with a stop button');
    this.#push({ stopped_message_generation: { chat, draft_id: draft.id } }, chatId);
  }

  /** The group becomes a supergroup with a new id. */
  migrate(from: number, to: number): void {
    const old = this.chat(from);
    const title = 'title' in old.chat ? (old.chat.title ?? '') : '';
    this.addGroup(to, title);
    old.migratedTo = to;
    const message = {
      message_id: this.account.chats.nextId(old.chat),
      date: seconds(),
      chat: old.chat,
      from: this.account.me,
    };
    this.#push({ message: { ...message, migrate_to_chat_id: to } }, from);
  }

  /** Sends the last update again under a new update id. */
  redeliverLast(): void {
    if (this.#lastUpdate) this.#server.updates.push(this.#lastUpdate);
  }

  /** Queues an update as it is. */
  pushRaw(body: object): number {
    return this.#server.updates.push(body);
  }

  /** A message of this sender arrives, whoever it is (the bot itself, another bot). */
  pushMessage(from: User, chatId: number, text: string): void {
    const message = this.#store(from, chatId, { text });
    this.#push({ message: toWire(this.account.chats, message) }, chatId);
  }

  /** All messages of a chat, oldest first; deleted ones are gone. */
  messages(chatId: number): readonly SimMessage[] {
    return [...this.chat(chatId).messages.values()];
  }

  /** Only the bot's. */
  botMessages(chatId: number): readonly SimMessage[] {
    return this.messages(chatId).filter((message) => message.own);
  }

  /** Resolves when the predicate returns something truthy; checked at each change and regularly. */
  async waitFor<T>(
    predicate: () => T | undefined | false,
    timeoutMs = WAIT_MS,
    what = 'condition',
  ): Promise<T> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const value = predicate();
      if (value) return value;
      if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
      await this.#nextChange(20);
    }
  }

  #nextChange(maxMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#watchers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, maxMs);
      this.#watchers.add(done);
    });
  }

  #push(body: object, chatId: number): number {
    if (!this.#server.updates.wanted(body)) throw new Error(`the bot did not ask for ${Object.keys(body)}`);
    this.#lastUpdate = body;
    const reorder = this.faults.reorder && this.#lastChat !== undefined && this.#lastChat !== chatId;
    this.#lastChat = chatId;
    const id = this.#server.updates.push(body, reorder);
    if (this.faults.duplicates()) this.#server.updates.push(body);
    return id;
  }

  #message(chatId: number, messageId: number): SimMessage {
    const message = this.chat(chatId).messages.get(messageId);
    if (!message) throw new Error(`no message ${messageId} in chat ${chatId}`);
    return message;
  }

  #store(from: User, chatId: number, sending: Sending): SimMessage {
    const chat = this.chat(chatId);
    const message: SimMessage = {
      chat: chatId,
      id: this.account.chats.nextId(chat.chat),
      thread: sending.thread,
      from,
      own: from.id === this.account.me.id,
      date: seconds(),
      at: now(),
      text: sending.text ?? '',
      entities: sending.entities ?? commandEntities(sending.text ?? ''),
      markup: undefined,
      file: undefined,
      replyTo: sending.replyTo,
      silent: false,
      extra: sending.extra ?? {},
      reactions: [],
      history: [],
    };
    chat.messages.set(message.id, message);
    return message;
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** The service marks commands and @names by itself. */
function commandEntities(text: string): MessageEntity[] {
  const found: MessageEntity[] = [];
  for (const match of text.matchAll(/(?<![\w/@])\/[a-z0-9_]{1,32}(@\w+)?/gi))
    found.push({ type: 'bot_command', offset: match.index, length: match[0].length });
  for (const match of text.matchAll(/(?<![\w/@])@\w{3,32}/g))
    found.push({ type: 'mention', offset: match.index, length: match[0].length });
  return found.sort((a, b) => a.offset - b.offset);
}

export type { SimMessage, Update };
