import { setTimeout as sleep } from 'node:timers/promises';
import type { Address, MessageRef } from '../../core/address.ts';
import { AppError, kindOf } from '../../core/errors.ts';
import type { Part } from '../../core/outgoing.ts';
import { BoundedMap } from '../../kit/bounded-map.ts';
import type { SlackApi } from './api.ts';
import { wordOf } from './errors.ts';
import type { SlackOptions } from './options.ts';
import { type CardBody, type FileBody, messageOf, type PartBody, type TextBody } from './render.ts';
import { upload } from './upload.ts';
import { list, record, stamp, type Wire, word } from './wire.ts';

/** Messages carry their key here, where only apps see it; so a lost post can be found. */
export const EVENT_TYPE = 'cc_connect';
const PAGE = 200;
const PAGES = 5;
/** How far our clock and the service's may be apart. */
const SKEW_MS = 5 * 60_000;

/** Posts, edits, removes and finds messages. */
export class Outbound {
  readonly #api: SlackApi;
  readonly #options: SlackOptions;
  readonly #settleMs: number;
  readonly #begun = new BoundedMap<string, number>(2_000);
  readonly #lost = new BoundedMap<string, number>(2_000);
  readonly #files = new BoundedMap<string, string>(500);
  /** False once the service has refused a `markdown` block that sections said as well. */
  #modern = true;

  constructor(api: SlackApi, options: SlackOptions, settleMs: number) {
    this.#api = api;
    this.#options = options;
    this.#settleMs = settleMs;
  }

  async send(to: Address, part: Part, key: string, signal: AbortSignal): Promise<MessageRef> {
    if (!this.#begun.has(key)) this.#begun.set(key, Date.now());
    try {
      const body = part.body as unknown as PartBody;
      return body.type === 'file'
        ? await this.#sendFile(to, body, key, signal)
        : await this.post(to, body, part.plain, key, signal);
    } catch (error) {
      if (kindOf(error) === 'ambiguous') this.#lost.set(key, Date.now());
      throw error;
    }
  }

  /** The thread a message to this place belongs into. */
  threadOf(to: Address): string | undefined {
    if (to.thread !== undefined) return to.thread;
    return to.direct || !this.#options.replyInThread ? undefined : to.replyTo;
  }

  async post(
    to: Address,
    body: TextBody | CardBody,
    plain: string,
    key: string,
    signal: AbortSignal,
  ): Promise<MessageRef> {
    const thread = this.threadOf(to);
    const put = (place: string | undefined) =>
      this.#inForm(body, plain, async (message) => {
        const answer = await this.#api.call(
          'chat.postMessage',
          {
            channel: to.chat,
            ...message,
            ...(place === undefined ? {} : { thread_ts: place }),
            unfurl_links: false,
            unfurl_media: false,
            metadata: { event_type: EVENT_TYPE, event_payload: { key } },
          },
          { kind: 'send', signal },
        );
        const ts = stamp(answer.ts);
        if (ts === undefined)
          throw new AppError('slack_broken', 'chat.postMessage was answered without ts', {
            kind: 'ambiguous',
          });
        return refOf(word(answer.channel) ?? to.chat, ts, place);
      });
    try {
      return await put(thread);
    } catch (error) {
      const what = wordOf(error) ?? '';
      const url = to.extra?.respond;
      if (/^(not_in_channel|channel_not_found)$/.test(what) && typeof url === 'string')
        return this.#respond(to, url, body, plain, signal);
      // The message to answer below is gone; the answer is not.
      if (
        !/^(thread_not_found|message_not_found|cannot_reply_to_message)$/.test(what) ||
        to.thread !== undefined
      )
        throw error;
      return put(undefined);
    }
  }

  /** Replaces a message. */
  async edit(ref: MessageRef, part: Part, signal: AbortSignal): Promise<void> {
    const body = part.body as unknown as PartBody;
    if (body.type === 'file')
      throw new AppError('slack_edit_file', 'a message cannot become a file', { kind: 'validation' });
    await this.update(ref, body, part.plain, signal);
  }

  async update(
    ref: MessageRef,
    body: TextBody | CardBody,
    plain: string,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#inForm(body, plain, (message) =>
      this.#api.call(
        'chat.update',
        { channel: ref.chat, ts: ref.message, ...message },
        { kind: 'repeatable', signal },
      ),
    );
  }

  /** Deletes a message; one that is gone already is fine. */
  async remove(ref: MessageRef, signal: AbortSignal): Promise<void> {
    const file = ref.extra?.file;
    const how = { kind: 'repeatable', signal } as const;
    try {
      if (typeof file === 'string') await this.#api.call('files.delete', { file }, how);
      else await this.#api.call('chat.delete', { channel: ref.chat, ts: ref.message }, how);
    } catch (error) {
      if (kindOf(error) !== 'not_found') throw error;
    }
  }

  /** Looks for what a send with this key made, in the history of its place. */
  async find(to: Address, key: string, signal: AbortSignal): Promise<MessageRef | 'absent' | 'unknown'> {
    const lost = this.#lost.get(key);
    const wait = lost === undefined ? 0 : lost + this.#settleMs - Date.now();
    if (wait > 0) await sleep(wait, undefined, { signal });
    try {
      const file = this.#files.get(key);
      if (file !== undefined) return await this.#findFile(to, file, signal);
      return await this.#search(to, key, signal);
    } catch (error) {
      if (['permission', 'not_found', 'permanent', 'validation'].includes(kindOf(error))) return 'unknown';
      throw error;
    }
  }

  async #search(to: Address, key: string, signal: AbortSignal): Promise<MessageRef | 'absent' | 'unknown'> {
    const thread = this.threadOf(to);
    const begun = this.#begun.get(key);
    const oldest = begun === undefined ? undefined : ((begun - SKEW_MS) / 1000).toFixed(6);
    const place = thread === undefined ? {} : { ts: thread };
    let cursor: string | undefined;
    for (let page = 0; page < PAGES; page++) {
      const answer = await this.#api.call(
        thread === undefined ? 'conversations.history' : 'conversations.replies',
        {
          channel: to.chat,
          ...place,
          limit: PAGE,
          include_all_metadata: true,
          ...(oldest === undefined ? {} : { oldest }),
          ...(cursor === undefined ? {} : { cursor }),
        },
        { kind: 'repeatable', signal },
      );
      for (const message of list(answer.messages).map(record)) {
        const ts = stamp(message.ts);
        if (ts !== undefined && keyOf(message) === key) return refOf(to.chat, ts, thread);
      }
      cursor = word(record(answer.response_metadata).next_cursor);
      if (answer.has_more !== true || cursor === undefined) return 'absent';
    }
    return 'unknown';
  }

  async #findFile(to: Address, id: string, signal: AbortSignal): Promise<MessageRef | 'absent'> {
    const answer = await this.#api.call('files.info', { file: id }, { kind: 'repeatable', signal });
    const shares = record(record(answer.file).shares);
    const shared = [shares.public, shares.private].some((kind) => list(record(kind)[to.chat]).length > 0);
    return shared ? fileRef(to, id) : 'absent';
  }

  async #sendFile(to: Address, body: FileBody, key: string, signal: AbortSignal): Promise<MessageRef> {
    const note = (id: string) => this.#files.set(key, id);
    const id = await upload(this.#api, body, { chat: to.chat, thread: this.threadOf(to) }, note, signal);
    return fileRef(to, id);
  }

  /** With a `markdown` block; where the service does not take that, with sections. */
  async #inForm<T>(
    body: TextBody | CardBody,
    plain: string,
    put: (message: ReturnType<typeof messageOf>) => Promise<T>,
  ): Promise<T> {
    try {
      return await put(messageOf(body, plain, this.#modern));
    } catch (error) {
      if (body.type !== 'text' || !this.#modern || !/^invalid_(blocks|arguments)/.test(wordOf(error) ?? ''))
        throw error;
      const done = await put(messageOf(body, plain, false));
      if (!/[|`<>\\]/.test(body.markdown)) this.#modern = false;
      return done;
    }
  }

  /** Answers a command in a place the bot is no member of. */
  async #respond(
    to: Address,
    url: string,
    body: TextBody | CardBody,
    plain: string,
    signal: AbortSignal,
  ): Promise<MessageRef> {
    const message = messageOf(body, plain, this.#modern);
    await this.#api.respond(url, { response_type: 'ephemeral', replace_original: false, ...message }, signal);
    return { chat: to.chat, message: 'response' };
  }
}

export function refOf(chat: string, ts: string, thread: string | undefined): MessageRef {
  return { chat, message: ts, ...(thread === undefined ? {} : { thread }) };
}

function fileRef(to: Address, id: string): MessageRef {
  return { chat: to.chat, message: `file:${id}`, extra: { file: id } };
}

/** The key a message of ours was sent with. */
function keyOf(message: Wire): string | undefined {
  const metadata = record(message.metadata);
  return metadata.event_type === EVENT_TYPE ? word(record(metadata.event_payload).key) : undefined;
}
