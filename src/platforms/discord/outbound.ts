import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Address, MessageRef } from '../../core/address.ts';
import { AppError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Part } from '../../core/outgoing.ts';
import type { DiscordApi } from './api.ts';
import type { Memory } from './memory.ts';
import type { DiscordBody } from './render.ts';
import type { Threads } from './threads.ts';

/** No link previews: an answer is text. */
const SUPPRESS_EMBEDS = 1 << 2;

/** Writes, replaces and removes messages of the bot. */
export class Outbound {
  readonly #api: DiscordApi;
  readonly #memory: Memory;
  readonly #threads: Threads;

  constructor(api: DiscordApi, memory: Memory, threads: Threads) {
    this.#api = api;
    this.#memory = memory;
    this.#threads = threads;
  }

  /** A repeated key makes no second message: the gateway's echo is remembered, and the service itself drops it for minutes. */
  async send(to: Address, part: Part, key: string, signal: AbortSignal): Promise<MessageRef> {
    const known = this.find(key);
    if (known) return known;
    const body = part.body as unknown as DiscordBody;
    if (body.form) this.#memory.keepForm(body.form.data, { fields: body.form.fields, chosen: {} });
    const files = await filesOf(body);
    const channel = await this.#threads.place(to, signal);
    const nonce = nonceOf(key);
    const made = await this.#api.call<{ id: string; channel_id: string }>(
      'POST',
      `/channels/${channel}/messages`,
      {
        kind: 'send',
        signal,
        body: {
          ...messageOf(body),
          nonce,
          enforce_nonce: true,
          ...(to.replyTo === undefined || channel === to.extra?.root
            ? {}
            : { message_reference: { message_id: to.replyTo, fail_if_not_exists: false } }),
        },
        ...(files ? { files } : {}),
      },
    );
    this.#memory.echoed(nonce, made.channel_id, made.id);
    return { chat: made.channel_id, message: made.id };
  }

  /** The message an earlier send with this key made, as far as it is known. */
  find(key: string): MessageRef | undefined {
    const echo = this.#memory.echo(nonceOf(key));
    return echo && { chat: echo[0], message: echo[1] };
  }

  async edit(ref: MessageRef, part: Part, signal: AbortSignal): Promise<void> {
    const body = part.body as unknown as DiscordBody;
    if (body.form) this.#memory.keepForm(body.form.data, { fields: body.form.fields, chosen: {} });
    await this.#api.call('PATCH', `/channels/${ref.chat}/messages/${ref.message}`, {
      kind: 'repeatable',
      signal,
      // An edit leaves alone what it does not name; the flag of a text would hide the boxes of a card.
      body: { embeds: [], components: [], flags: 0, ...messageOf(body) },
    });
  }

  async remove(ref: MessageRef, signal: AbortSignal): Promise<void> {
    try {
      await this.#api.call('DELETE', `/channels/${ref.chat}/messages/${ref.message}`, {
        kind: 'repeatable',
        signal,
      });
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'not_found') throw error;
    }
  }
}

/** The fields of a message that make and edit share. */
export function messageOf(body: DiscordBody): JsonObject {
  return {
    content: body.content,
    ...(body.embeds ? { embeds: body.embeds } : { flags: SUPPRESS_EMBEDS }),
    ...(body.components ? { components: body.components } : {}),
    allowed_mentions: {
      parse: body.everyone ? ['everyone'] : [],
      users: body.mentions ?? [],
      replied_user: false,
    },
  };
}

/** At most 25 characters, the same for the same key. */
export function nonceOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 24);
}

async function filesOf({ file, document }: DiscordBody) {
  if (file) return [await fileOf(file)];
  if (!document) return undefined;
  return [
    { name: document.name, data: Buffer.from(document.text), contentType: 'text/markdown; charset=utf-8' },
  ];
}

async function fileOf(file: NonNullable<DiscordBody['file']>) {
  try {
    return { name: file.name, data: await readFile(file.path), contentType: file.mime };
  } catch (error) {
    throw new AppError(
      'file_missing',
      `${file.name} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      {
        kind: 'missing',
      },
    );
  }
}
