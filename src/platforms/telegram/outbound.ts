import type { Opts } from 'grammy/types';
import type { Address, MessageRef } from '../../core/address.ts';
import { AppError } from '../../core/errors.ts';
import type { Part } from '../../core/outgoing.ts';
import { isNotModified, MigratedError } from './api-errors.ts';
import { ChatGate } from './chat-gate.ts';
import type { TelegramClient } from './client.ts';
import type { FileBody, TextBody } from './render.ts';
import type { SentLedger } from './sent-ledger.ts';
import { TextForms } from './text-forms.ts';

/** Slowest upload we wait for, bytes per second. */
const UPLOAD_RATE = 64 * 1024;

/** Posts, edits and removes messages. */
export class Outbound {
  readonly #client: TelegramClient;
  readonly #ledger: SentLedger;
  readonly #gate = new ChatGate();
  readonly #running = new Set<Promise<MessageRef>>();
  readonly #forms = new TextForms();
  readonly #moved = new Map<string, string>();
  readonly #onMigrated: (from: string, to: string) => void;

  constructor(client: TelegramClient, ledger: SentLedger, onMigrated: (from: string, to: string) => void) {
    this.#client = client;
    this.#ledger = ledger;
    this.#onMigrated = onMigrated;
  }

  get gate(): ChatGate {
    return this.#gate;
  }

  /** The chat's present id; groups change theirs when they become supergroups. */
  current(chat: string): string {
    return this.#moved.get(chat) ?? chat;
  }

  /** A group has a new id from now on. */
  migrated(from: string, to: string): void {
    this.#moved.set(from, to);
  }

  /** Posts one part, or returns what an earlier call with this key made. Follows a group that has moved. */
  send(to: Address, part: Part, key: string, signal: AbortSignal): Promise<MessageRef> {
    const sending = this.#send(to, part, key, signal);
    this.#running.add(sending);
    const done = () => this.#running.delete(sending);
    sending.then(done, done);
    return sending;
  }

  /** Resolves when no send is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  async #send(to: Address, part: Part, key: string, signal: AbortSignal): Promise<MessageRef> {
    await this.#ledger.load();
    const made = this.#ledger.answered(key);
    if (made) return refTo(to, made.chat, made.message);
    const chat = this.current(to.chat);
    try {
      return await this.#gate.send(chat, () => this.#post({ ...to, chat }, part, key, signal));
    } catch (error) {
      if (!(error instanceof MigratedError)) throw error;
      this.migrated(chat, error.toChat);
      this.#onMigrated(chat, error.toChat);
      // The quoted message has another id in the new chat.
      const moved = { ...to, chat: error.toChat, replyTo: undefined };
      return this.#gate.send(error.toChat, () => this.#post(moved, part, key, signal));
    }
  }

  /** Replaces a message. Telling it what it already says is fine. */
  async edit(ref: MessageRef, part: Part, signal: AbortSignal): Promise<void> {
    if (part.kind === 'file')
      throw new AppError('telegram_edit_file', 'a message cannot become a file', { kind: 'validation' });
    const changed = await this.tryEdit(ref, part.body as TextBody, part.plain, signal);
    if (changed === 'same' || changed === 'changed') return;
    throw changed;
  }

  /** Edits and tells what happened; only refusals about this one message are returned, all else is thrown. */
  async tryEdit(
    ref: MessageRef,
    body: TextBody,
    plain: string,
    signal: AbortSignal,
  ): Promise<'same' | 'changed' | AppError> {
    const payload = {
      chat_id: Number(this.current(ref.chat)),
      message_id: Number(ref.message),
      ...(body.buttons ? { reply_markup: body.buttons } : {}),
    };
    const call = (form: Partial<Opts<'editMessageText'>>) =>
      this.#client.call('editMessageText', { ...payload, ...form }, { kind: 'repeatable', signal });
    try {
      await this.#forms.put(body, plain, {
        rich: call,
        text: (form) => call({ ...form, link_preview_options: { is_disabled: true } }),
      });
      return 'changed';
    } catch (error) {
      if (isNotModified(error)) return 'same';
      const own = error instanceof AppError && ['not_found', 'permission', 'validation'].includes(error.kind);
      if (!own) throw error;
      return error;
    }
  }

  /** Deletes a message; one that is gone already is fine. */
  async remove(ref: MessageRef, signal: AbortSignal): Promise<void> {
    try {
      await this.#client.call(
        'deleteMessage',
        { chat_id: Number(this.current(ref.chat)), message_id: Number(ref.message) },
        { kind: 'repeatable', signal },
      );
    } catch (error) {
      if (error instanceof AppError && error.kind === 'not_found') return;
      throw error;
    }
  }

  async #post(to: Address, part: Part, key: string, signal: AbortSignal): Promise<MessageRef> {
    const replyTo = to.replyTo === undefined ? undefined : Number(to.replyTo);
    await this.#ledger.begin(to.chat, key, replyTo);
    try {
      const id =
        part.kind === 'file'
          ? await this.#postFile(to, part.body as FileBody, part.plain, signal)
          : await this.#postText(to, part.body as TextBody, part.plain, signal);
      await this.#ledger.sent(to.chat, id, key);
      return refTo(to, to.chat, id);
    } catch (error) {
      if (error instanceof AppError && error.kind !== 'ambiguous') this.#ledger.refused(key);
      else this.#ledger.lost(key);
      throw error;
    }
  }

  async #postText(to: Address, body: TextBody, plain: string, signal: AbortSignal): Promise<number> {
    const payload = { ...placeOf(to), ...(body.buttons ? { reply_markup: body.buttons } : {}) };
    const how = { kind: 'send', signal } as const;
    const message = await this.#forms.put<{ message_id: number }>(body, plain, {
      rich: (form) => this.#client.call('sendRichMessage', { ...payload, ...form }, how),
      text: (form) =>
        this.#client.call(
          'sendMessage',
          { ...payload, ...form, link_preview_options: { is_disabled: true } },
          how,
        ),
    });
    return message.message_id;
  }

  async #postFile(to: Address, body: FileBody, plain: string, signal: AbortSignal): Promise<number> {
    try {
      return await this.#upload(to, body, plain, signal);
    } catch (error) {
      // Pictures with strange sizes are refused as photos and fine as documents.
      const odd =
        error instanceof AppError && error.kind === 'validation' && error.code !== 'telegram_too_large';
      if (!odd || body.field === 'document') throw error;
      return this.#upload(to, { ...body, field: 'document' }, plain, signal);
    }
  }

  async #upload(to: Address, body: FileBody, plain: string, signal: AbortSignal): Promise<number> {
    const methods = {
      photo: 'sendPhoto',
      document: 'sendDocument',
      audio: 'sendAudio',
      voice: 'sendVoice',
      video: 'sendVideo',
    } as const;
    const timeoutMs = 30_000 + (body.size / UPLOAD_RATE) * 1000;
    const send = async (caption: { caption?: string; parse_mode?: 'HTML' }) => {
      const file = await this.#client.upload(body.path, body.name);
      // One object for the five methods: only the field's name differs.
      const payload = { ...placeOf(to), ...caption, [body.field]: file } as unknown as Opts<'sendDocument'>;
      return this.#client.call(methods[body.field] as 'sendDocument', payload, {
        kind: 'send',
        signal,
        timeoutMs,
      });
    };
    const message = body.caption
      ? await this.#forms.orPlain(body.caption, plain, ({ text, parse_mode }) =>
          send({ caption: text, ...(parse_mode ? { parse_mode } : {}) }),
        )
      : await send({});
    return message.message_id;
  }
}

/** Names a message in the place it was sent to. */
export function refTo(to: Address, chat: string, message: number): MessageRef {
  return { chat, message: String(message), ...(to.thread === undefined ? {} : { thread: to.thread }) };
}

/** Where a message goes and what it answers. */
export function placeOf(to: Address): {
  chat_id: number;
  message_thread_id?: number;
  reply_parameters?: { message_id: number; allow_sending_without_reply: true };
} {
  return {
    chat_id: Number(to.chat),
    ...(to.thread === undefined ? {} : { message_thread_id: Number(to.thread) }),
    ...(to.replyTo === undefined
      ? {}
      : { reply_parameters: { message_id: Number(to.replyTo), allow_sending_without_reply: true } }),
  };
}
