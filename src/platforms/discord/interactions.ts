import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, describeError } from '../../core/errors.ts';
import type { Action, MessageInbound } from '../../core/inbound.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ActionReply, Log, PlatformSink, Suggestion, TypedCommand } from '../../core/platform.ts';
import type { DiscordApi } from './api.ts';
import { cut, modalOf, readPressed } from './components.ts';
import { escapeText } from './dialect.ts';
import { addressOf, type InboundContext, personOf, requireId, timeOf } from './inbound.ts';
import type { Memory } from './memory.ts';
import { ARGUMENTS } from './menu.ts';
import type { Outbound } from './outbound.ts';
import { list, record, word } from './places.ts';
import { renderParts } from './render.ts';
import type { Timing } from './timing.ts';

type Wire = Readonly<Record<string, unknown>>;
type Form = Readonly<Record<string, string | readonly string[]>>;

/** Kinds of interactions and of answers to them, by the service's numbers. */
const COMMAND = 2;
const COMPONENT = 3;
const AUTOCOMPLETE = 4;
const MODAL = 5;
const LATER = { message: 5, update: 6, choices: 8, modal: 9 } as const;
const ONLY_YOU = 1 << 6;
/** The service's token for follow-ups is good this long, in ms. */
const TOKEN_MS = 14 * 60_000;
const ATTEMPTS = 4;
/** Most choices of an answer, and characters of each. */
const CHOICES = 25;
const CHOICE = 100;
const SUGGEST_MS = 2_200;

export interface InteractionSetup {
  readonly context: InboundContext;
  readonly sink: PlatformSink;
  readonly api: DiscordApi;
  readonly outbound: Outbound;
  readonly memory: Memory;
  readonly timing: Timing;
  readonly log: Log;
  readonly signal: AbortSignal;
}

interface Asked {
  readonly id: string;
  readonly token: string;
  readonly data: Wire;
  readonly wire: Wire;
}

/** Pressed buttons, used menus, sent forms and slash commands: acknowledged first, worked on then. */
export class Interactions {
  readonly #setup: InteractionSetup;
  readonly #tasks = new Set<Promise<unknown>>();
  /** What was typed behind a command lately, newest first, by person and command. */
  readonly #typed = new Map<string, string[]>();

  constructor(setup: InteractionSetup) {
    this.#setup = setup;
  }

  take(wire: Wire): void {
    const task = this.#handle(wire)
      .catch((error: unknown) => {
        if (!this.#setup.signal.aborted)
          this.#setup.log.warn(
            { interaction: word(wire.id), error: describeError(error) },
            'an interaction failed',
          );
      })
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  async idle(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  async #handle(wire: Wire): Promise<void> {
    const asked: Asked = {
      id: requireId('interaction.id', wire.id),
      token: word(wire.token) ?? '',
      data: record(wire.data),
      wire,
    };
    this.#learnPlace(wire);
    if (wire.type === COMMAND) return this.#command(asked);
    if (wire.type === AUTOCOMPLETE) return this.#complete(asked);
    if (wire.type === COMPONENT) return this.#component(asked);
    if (wire.type === MODAL) return this.#modal(asked);
  }

  /** The place of an interaction comes with it. */
  #learnPlace(wire: Wire): void {
    const channel = record(wire.channel);
    if (word(wire.guild_id) === undefined || word(channel.id) === undefined) return;
    this.#setup.context.places.learnChannel(channel, word(wire.guild_id));
  }

  async #command(asked: Asked): Promise<void> {
    const { data } = asked;
    const name = word(data.name) ?? '';
    const typed = list(data.options)
      .map(record)
      .map((option) => String(option.value ?? ''))
      .join(' ')
      .trim();
    const text = `/${name}${typed === '' ? '' : ` ${typed}`}`;
    await this.#acknowledge(asked, { type: LATER.message });
    const { address, sender } = this.#who(asked);
    if (typed !== '') this.#noteTyped(`${sender.id}:${name}`, typed);
    const input: MessageInbound = {
      kind: 'message',
      dedupeKey: `c:${asked.id}`,
      address,
      sender,
      at: timeOf(asked.id),
      message: asked.id,
      text,
      addressed: true,
    };
    const verdict = await this.#stored(() => this.#setup.sink.input(input));
    // The "is thinking" line becomes the command, for all to see; what was not taken leaves nothing.
    if (verdict === 'refused')
      await this.#quietly(() => this.#followUp(asked, 'DELETE', '/messages/@original'));
    else
      await this.#quietly(() =>
        this.#followUp(asked, 'PATCH', '/messages/@original', {
          content: `-# ${escapeText(text).slice(0, 1_900)}`,
          allowed_mentions: { parse: [] },
        }),
      );
  }

  async #complete(asked: Asked): Promise<void> {
    const focused = list(asked.data.options)
      .map(record)
      .find((option) => option.focused === true);
    const text = String(focused?.value ?? '');
    const begun = text.toLowerCase();
    const { sender, address } = this.#who(asked);
    const command = word(asked.data.name) ?? '';
    const typed = this.#typed.get(`${sender.id}:${command}`) ?? [];
    const offered =
      focused?.name === ARGUMENTS ? await this.#suggested({ address, sender, command, text }) : [];
    const before = typed
      .filter((one) => one.toLowerCase().includes(begun))
      .map((value) => ({ value, label: value }));
    const choices = new Map<string, string>();
    for (const { value, label } of [...offered, ...before])
      if (value.length <= CHOICE && !choices.has(value)) choices.set(value, cut(label, CHOICE));
    const data = { choices: [...choices].slice(0, CHOICES).map(([value, name]) => ({ name, value })) };
    await this.#acknowledge(asked, { type: LATER.choices, data });
  }

  /** Those that come in time: the service waits three seconds in all. */
  async #suggested(typed: TypedCommand): Promise<readonly Suggestion[]> {
    const { sink, signal } = this.#setup;
    const end = new AbortController();
    const late = sleep(SUGGEST_MS, [], { signal: AbortSignal.any([signal, end.signal]) }).catch(() => []);
    try {
      return await Promise.race([sink.suggest?.(typed) ?? [], late]);
    } finally {
      end.abort();
    }
  }

  async #component(asked: Asked): Promise<void> {
    const { data } = asked;
    const values = list(data.values).map(String);
    const pressed = readPressed(word(data.custom_id) ?? '', values);
    if (pressed?.kind === 'words') return this.#askWords(asked, pressed.data);
    await this.#acknowledge(asked, { type: LATER.update });
    if (pressed === undefined) return;
    if (pressed.kind === 'button') return this.#act(asked, pressed.data, undefined);
    const { memory } = this.#setup;
    const form = memory.form(pressed.data);
    if (pressed.kind === 'submit') return this.#act(asked, pressed.data, form?.chosen ?? {});
    const field = form?.fields[pressed.field];
    if (form === undefined || field?.kind !== 'choice') return;
    const chosen = { ...form.chosen, [field.name]: pressed.values };
    memory.keepForm(pressed.data, { ...form, chosen });
    // One question with one answer needs no second press.
    const choices = form.fields.filter(({ kind }) => kind === 'choice');
    if (choices.length === 1 && !field.multiple) await this.#act(asked, pressed.data, chosen);
  }

  async #askWords(asked: Asked, data: string): Promise<void> {
    const fields = this.#setup.memory.form(data)?.fields ?? [{ kind: 'text', name: 't0', label: '…' }];
    const title = word(record(list(record(asked.wire.message).embeds)[0]).title) ?? '';
    await this.#acknowledge(asked, { type: LATER.modal, data: modalOf(data, title, fields) });
  }

  async #modal(asked: Asked): Promise<void> {
    await this.#acknowledge(asked, { type: LATER.update });
    const pressed = readPressed(word(asked.data.custom_id) ?? '', []);
    if (pressed === undefined) return;
    const typed: Record<string, string> = {};
    for (const row of list(asked.data.components).map(record))
      for (const input of [...list(row.components), row.component].map(record)) {
        const name = word(input.custom_id);
        const value = word(input.value)?.trim();
        if (name !== undefined && value) typed[name] = value;
      }
    const chosen = this.#setup.memory.form(pressed.data)?.chosen ?? {};
    await this.#act(asked, pressed.data, { ...chosen, ...typed });
  }

  async #act(asked: Asked, data: string, form: Form | undefined): Promise<void> {
    const { address, sender } = this.#who(asked);
    const message = record(asked.wire.message);
    const source = word(message.id);
    const channel = word(message.channel_id) ?? address.chat;
    const action: Action = {
      kind: 'action',
      dedupeKey: `c:${asked.id}`,
      address,
      sender,
      at: timeOf(asked.id),
      data,
      ...(source ? { source: { chat: channel, message: source } } : {}),
      ...(form ? { form } : {}),
    };
    const reply = await this.#stored(() => this.#setup.sink.action(action));
    await this.#show(asked, reply, source ? { chat: channel, message: source } : undefined);
  }

  async #show(
    asked: Asked,
    reply: ActionReply,
    source: { chat: string; message: string } | undefined,
  ): Promise<void> {
    const { outbound, signal } = this.#setup;
    const part = reply.card && renderParts({ kind: 'card', card: reply.card }).at(-1);
    if (part && source) await this.#quietly(() => outbound.edit(source, part, signal));
    if (reply.toast) await this.#toast(asked, reply.toast, reply.toastKind !== 'error');
  }

  /** Only the person who pressed sees it; a mere confirmation goes by itself. */
  async #toast(asked: Asked, text: string, passing: boolean): Promise<void> {
    const made = await this.#quietly(() =>
      this.#followUp<{ id?: string }>(asked, 'POST', '', {
        content: escapeText(text).slice(0, 1_900),
        flags: ONLY_YOU,
        allowed_mentions: { parse: [] },
      }),
    );
    const { timing, signal, log } = this.#setup;
    const id = made?.id;
    if (!passing || id === undefined) return;
    setTimeout(() => {
      if (signal.aborted) return;
      this.#followUp(asked, 'DELETE', `/messages/${id}`).catch((error: unknown) =>
        log.debug({ error: describeError(error) }, 'a confirmation stays'),
      );
    }, timing.toastMs).unref();
  }

  /** The service wants this within three seconds. A late or repeated one is refused, and the work goes on. */
  async #acknowledge(asked: Asked, body: JsonObject): Promise<void> {
    const { api, signal, log } = this.#setup;
    await this.#quietly(() =>
      api.call('POST', `/interactions/${asked.id}/${asked.token}/callback`, {
        kind: 'repeatable',
        signal,
        body,
        auth: false,
      }),
    ).catch((error: unknown) => log.debug({ error: describeError(error) }, 'not acknowledged'));
  }

  #followUp<T>(
    asked: Asked,
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: JsonObject,
  ): Promise<T> {
    const { api, signal, memory, context } = this.#setup;
    const application = word(asked.wire.application_id) ?? memory.application ?? context.options.botId;
    return api.call<T>(method, `/webhooks/${application}/${asked.token}${path}`, {
      kind: 'repeatable',
      signal,
      auth: false,
      ...(body ? { body } : {}),
    });
  }

  /** Offers it until it is stored; a press does not come again by itself. */
  async #stored<T>(offer: () => Promise<T>): Promise<T> {
    const { timing, signal, log } = this.#setup;
    const until = Date.now() + TOKEN_MS;
    for (let attempt = 0; ; attempt++) {
      try {
        return await offer();
      } catch (error) {
        if (Date.now() > until) throw error;
        log.warn({ error: describeError(error) }, 'an interaction could not be stored and is offered again');
        await sleep(Math.min(timing.retryMinMs * 2 ** attempt, 10_000), undefined, { signal });
      }
    }
  }

  /** Steps that may be repeated without harm; what does not pass ends them. */
  async #quietly<T>(step: () => Promise<T>): Promise<T | undefined> {
    const { log, signal } = this.#setup;
    for (let attempt = 1; ; attempt++) {
      try {
        return await step();
      } catch (error) {
        const kind = error instanceof AppError ? error.kind : 'permanent';
        const passing = ['rate_limit', 'network', 'unavailable'].includes(kind);
        if (!passing || attempt === ATTEMPTS || signal.aborted) {
          log.debug({ error: describeError(error) }, 'a step of an interaction was left out');
          return undefined;
        }
        const wait = (error instanceof AppError && error.retryAfterMs) || 250 * attempt;
        await sleep(wait, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #who(asked: Asked) {
    const { wire } = asked;
    const member = record(wire.member);
    const user = word(record(wire.user).id) === undefined ? record(member.user) : record(wire.user);
    const sender = personOf(user, member, word(wire.locale));
    const channel = requireId('channel_id', wire.channel_id);
    const address = addressOf({ channel, user: sender.id, guild: word(wire.guild_id) }, this.#setup.context);
    return { sender, address };
  }

  #noteTyped(key: string, typed: string): void {
    const before = this.#typed.get(key) ?? [];
    this.#typed.delete(key);
    this.#typed.set(key, [typed, ...before.filter((one) => one !== typed)].slice(0, 25));
    if (this.#typed.size > 500) for (const old of this.#typed.keys()) if (this.#typed.delete(old)) break;
  }
}
