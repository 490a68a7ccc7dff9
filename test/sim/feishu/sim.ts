/**
 * Feishu on loopback: open API, CardKit and the long connection, spoken the way the official SDK expects. It keeps
 * its state while daemons come and go, refuses what the service refuses, and goes wrong on request.
 */
import type { AddressInfo } from 'node:net';
import { buttonsOf, checkCard, isRecord, visibleText } from './card-rules.ts';
import { type EventPayload, messageEvent, pressEvent, recallEvent } from './events.ts';
import { Faults } from './faults.ts';
import { HttpSide } from './http.ts';
import { Link, type LinkTimings } from './link.ts';
import { threadOf } from './messages-api.ts';
import { type Mention, type SimMessage, World } from './world.ts';

export interface SimOptions extends Partial<LinkTimings> {
  readonly port?: number;
  readonly appId?: string;
  readonly appSecret?: string;
  readonly seed?: number;
}

export interface UserMessage {
  readonly text?: string;
  /** open_id of the writer; default Ann. */
  readonly user?: string;
  /** A group's id; without it the direct chat with the writer. */
  readonly chat?: string;
  /** Message type and content, instead of text. */
  readonly type?: string;
  readonly content?: object | string;
  /** Puts the bot's mention in front. */
  readonly mentionBot?: boolean;
  readonly mentions?: readonly Mention[];
  /** Id of the message replied to. */
  readonly replyTo?: string;
  /** The reply is inside a topic. */
  readonly inThread?: boolean;
  readonly at?: number;
  /** Stored without an event, as history. */
  readonly quiet?: boolean;
  /** As if another bot had written it. */
  readonly fromBot?: boolean;
}

/** A bot message as a person sees it. */
export interface SeenBotMessage {
  readonly id: string;
  readonly chat: string;
  readonly type: string;
  readonly text: string;
  readonly buttons: readonly string[];
  readonly file?: { readonly name: string; readonly size: number };
  readonly card?: Record<string, unknown>;
  readonly replyTo?: string;
  readonly thread?: string;
  readonly uuid?: string;
  /** True while a card says it is still being generated. */
  readonly generating: boolean;
  readonly at: number;
  readonly updatedAt: number;
}

export class FeishuSim {
  readonly appId: string;
  readonly appSecret: string;
  readonly bot = { openId: 'ou_bot0000000000000000000000000001', name: 'Helper' };
  readonly ann = 'ou_ann0000000000000000000000000001';
  readonly world = new World();
  readonly faults: Faults;
  readonly link: Link;
  readonly http: HttpSide;
  /** Events of people's messages, by message id, for redelivery; those of recalls as `recall of` it. */
  readonly events = new Map<string, EventPayload>();
  #port = 0;

  constructor(options: SimOptions = {}) {
    this.appId = options.appId ?? 'cli_a1b2c3d4e5f60718';
    this.appSecret = options.appSecret ?? 'sim-secret-0123456789';
    this.faults = new Faults(options.seed);
    this.link = new Link(this.faults, {
      pingIntervalSecs: options.pingIntervalSecs ?? 120,
      ackTimeoutMs: options.ackTimeoutMs ?? 3000,
      redeliverMs: options.redeliverMs ?? 500,
    });
    const connections = () => this.link.clients.size;
    const setup = { ...this, botOpenId: this.bot.openId, botName: this.bot.name, connections };
    this.http = new HttpSide(this.world, this.faults, setup, () => ({
      URL: `ws://127.0.0.1:${this.#port}/ws?device_id=dev1&service_id=33554678&ticket=sim-ticket`,
      ClientConfig: this.link.clientConfig(),
    }));
    this.http.server.on('upgrade', (request, socket, head) => {
      if (this.faults.take('ws.connect')) return void socket.destroy();
      this.link.upgrade(request, socket, head);
    });
    this.world.people.set(this.ann, 'Ann');
  }

  /** Listens on loopback; a fixed port lets it be found again. */
  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.http.server.listen(port, '127.0.0.1', resolve));
    this.#port = (this.http.server.address() as AddressInfo).port;
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get calls() {
    return this.http.calls;
  }

  get cards() {
    return this.world.cards;
  }

  /** Connections to the simulator, keep-alive ones included. */
  get connections(): number {
    return this.http.sockets;
  }

  set silent(on: boolean) {
    this.link.silent = on;
    this.http.silent = on;
  }

  group(id: string, name = 'Team', members: readonly string[] = [this.ann]) {
    return this.world.ensureChat(id, 'group', name, members);
  }

  directChat(user = this.ann): string {
    return this.world.direct(user).id;
  }

  /** A person writes. Returns the stored message; its event is on the way. */
  userSends(input: UserMessage): SimMessage {
    const user = input.user ?? this.ann;
    const chat = input.chat === undefined ? this.world.direct(user) : this.group(input.chat);
    const parent = input.replyTo === undefined ? undefined : this.world.messages.get(input.replyTo);
    const mentions = [...(input.mentions ?? [])];
    let text = input.text ?? '';
    if (input.mentionBot) {
      text = `@_user_${mentions.length + 1} ${text}`;
      mentions.push({
        key: `@_user_${mentions.length + 1}`,
        id: { open_id: this.bot.openId },
        name: this.bot.name,
      });
    }
    const at = input.at ?? this.world.now();
    const content = input.content ?? { text };
    const message: SimMessage = {
      id: this.world.id('om_'),
      chat: chat.id,
      from: user,
      own: input.fromBot === true,
      type: input.type ?? 'text',
      content: typeof content === 'string' ? content : JSON.stringify(content),
      createdAt: at,
      updatedAt: at,
      parent: parent?.id,
      root: parent ? (parent.root ?? parent.id) : undefined,
      thread: parent && input.inThread ? threadOf(parent.root ?? parent.id) : undefined,
      deleted: false,
      updates: 0,
      mentions,
    };
    this.world.messages.set(message.id, message);
    if (input.quiet) return message;
    const event = messageEvent(this, message, chat.kind, mentions);
    this.events.set(message.id, event);
    void this.link.push(event);
    return message;
  }

  /** The same message again, under a new event id unless told otherwise. */
  redeliver(messageId: string, newEventId = true): void {
    const event = this.events.get(messageId);
    if (!event) throw new Error(`no event for ${messageId}`);
    const event_id = newEventId ? this.world.id('evt') : event.header.event_id;
    void this.link.push({ ...event, header: { ...event.header, event_id } });
  }

  /** The event of a message, whether it was sent or not. */
  eventOf(messageId: string): EventPayload {
    const message = this.world.message(messageId);
    return messageEvent(this, message, this.world.chat(message.chat).kind, message.mentions ?? []);
  }

  /** Sends the event of a message that was stored quietly. */
  sendAgain(messageId: string): void {
    const event = this.eventOf(messageId);
    this.events.set(messageId, event);
    void this.link.push(event);
  }

  /** The person takes a message back. */
  recall(messageId: string): void {
    const message = this.world.message(messageId);
    message.deleted = true;
    const event = recallEvent(this, message);
    this.events.set(`recall of ${messageId}`, event);
    void this.link.push(event);
  }

  /** Presses a button by its label; resolves with the answer, and replaces the card as the service does. */
  async press(
    messageId: string,
    label: string,
    options: { user?: string; form?: Record<string, unknown> } = {},
  ): Promise<{ toast?: string; kind?: string; card?: unknown }> {
    const message = this.world.message(messageId);
    const card = this.cardOf(message);
    const button = card && buttonsOf(card).find((item) => item.label === label);
    if (!button) throw new Error(`no button ${label} on ${messageId}`);
    const action = {
      tag: 'button',
      value: button.value,
      timezone: 'Europe/Berlin',
      ...(button.submits ? { form_value: options.form ?? {}, name: button.name } : {}),
    };
    const event = pressEvent(this, { user: options.user ?? this.ann, message, action });
    const { data } = await this.link.push(event);
    if (!isRecord(data)) return {};
    const toast = isRecord(data.toast) ? data.toast : undefined;
    if (isRecord(data.card)) this.#replace(message, data.card.data);
    return {
      toast: toast && String(toast.content),
      kind: toast && String(toast.type),
      card: isRecord(data.card) ? data.card.data : undefined,
    };
  }

  /** The card behind an interactive message. */
  cardOf(message: SimMessage): Record<string, unknown> | undefined {
    if (message.type !== 'interactive') return undefined;
    if (message.cardId !== undefined) return this.world.cards.get(message.cardId)?.json;
    return JSON.parse(message.content) as Record<string, unknown>;
  }

  /** What the bot has in a chat now, oldest first; recalled ones left out. */
  messages(chat: string): SeenBotMessage[] {
    return [...this.world.messages.values()]
      .filter((message) => message.own && message.chat === chat && !message.deleted)
      .map((message) => this.#seen(message));
  }

  /** Adds a file that a person's message may carry. */
  file(kind: 'image' | 'file', name: string, bytes: Buffer): string {
    const key = this.world.id(kind === 'image' ? 'img_v3_' : 'file_v3_');
    this.world.files.set(key, { key, kind, name, bytes, type: kind });
    return key;
  }

  /** Permissions the app has; undefined = listing them is not possible. */
  set scopes(granted: readonly string[]) {
    this.http.scopes = granted;
  }

  /** Every access token stops working. */
  revokeTokens(): void {
    this.http.tokens.clear();
  }

  /** Polls until the value is there. */
  async waitFor<T>(what: string, probe: () => T | undefined | false, timeoutMs = 10_000): Promise<T> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const value = probe();
      if (value !== undefined && value !== false) return value;
      if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async close(): Promise<void> {
    this.link.close();
    this.http.cut();
    await new Promise((resolve) => this.http.server.close(resolve));
  }

  #replace(message: SimMessage, card: unknown): void {
    checkCard(card);
    const entity = message.cardId === undefined ? undefined : this.world.cards.get(message.cardId);
    if (entity) entity.json = card;
    else message.content = JSON.stringify(card);
    message.updates += 1;
    message.updatedAt = this.world.now();
  }

  #seen(message: SimMessage): SeenBotMessage {
    const card = this.cardOf(message);
    const content = JSON.parse(message.content) as Record<string, unknown>;
    const file = this.world.files.get(String(content.file_key ?? content.image_key));
    const config = card?.config;
    return {
      id: message.id,
      chat: message.chat,
      type: message.type,
      text: card
        ? visibleText(card)
        : message.type === 'post'
          ? postText(content)
          : String(content.text ?? ''),
      buttons: card ? buttonsOf(card).map((button) => button.label) : [],
      file: file && { name: file.name, size: file.bytes.length },
      card,
      replyTo: message.parent,
      thread: message.thread,
      uuid: message.uuid,
      generating: isRecord(config) && config.streaming_mode === true,
      at: message.createdAt,
      updatedAt: message.updatedAt,
    };
  }
}

function postText(post: Record<string, unknown>): string {
  const body = Object.values(post).find(isRecord);
  const lines = Array.isArray(body?.content) ? body.content : [];
  return lines
    .map((line) =>
      (Array.isArray(line) ? line : [])
        .map((item) => String((item as { text?: string }).text ?? ''))
        .join(''),
    )
    .join('\n');
}

/** A running simulator. */
export function startFeishuSim(options: SimOptions = {}): Promise<FeishuSim> {
  return new FeishuSim(options).start(options.port);
}
