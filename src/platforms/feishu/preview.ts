import type { Address, MessageRef } from '../../core/address.ts';
import { kindOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Part } from '../../core/outgoing.ts';
import type { PreviewAbility, PreviewRef, PreviewView } from '../../core/platform.ts';
import type { FeishuApi } from './api.ts';
import { cardBytes, cardFrame, markdownElement, noteElement } from './card.ts';
import { CardEntities } from './card-entities.ts';
import { feishuCode } from './errors.ts';
import { previewText } from './preview-text.ts';
import { jsonBytes } from './render.ts';
import { editMessage, type PartBody, post, removeMessage, type SendOptions, uuidOf } from './send.ts';

const answerElement = 'answer';
/** After a refusal for a missing right, streaming is tried again this much later. */
const refusedForMs = 30 * 60_000;

/**
 * Previews: a card entity whose text streams where the app may use CardKit, else a card that is replaced. A stored
 * ref is enough to end either after a restart, so no card is left saying that it is being generated.
 */
export class FeishuPreview implements PreviewAbility {
  readonly #api: FeishuApi;
  readonly #options: SendOptions;
  readonly #entities: CardEntities;
  readonly #sent: (ref: MessageRef, plain: string) => void;
  #streamingAgainAt = 0;
  /** Card entities by key, so that a repeated `open` sends the same card. */
  readonly #opened = new Map<string, string>();

  constructor(api: FeishuApi, options: SendOptions, sent: (ref: MessageRef, plain: string) => void) {
    this.#api = api;
    this.#options = options;
    this.#entities = new CardEntities(api);
    this.#sent = sent;
  }

  async open(to: Address, view: PreviewView, key: string, signal: AbortSignal): Promise<PreviewRef> {
    if (Date.now() >= this.#streamingAgainAt)
      try {
        return await this.#openStreaming(to, view, key, signal);
      } catch (error) {
        if (!this.#cardkitRefused(error)) throw error;
      }
    const { ref } = await post(
      this.#api,
      to,
      { type: 'interactive', content: viewCard(view, false) },
      uuidOf(key),
      this.#options,
      signal,
    );
    return { kind: 'card', ref };
  }

  async update(
    ref: PreviewRef,
    view: PreviewView,
    _seq: number,
    signal: AbortSignal,
  ): Promise<PreviewRef | undefined> {
    const card = cardOf(ref);
    if (card === undefined) {
      if (ref.ref)
        await editMessage(
          this.#api,
          ref.ref,
          { type: 'interactive', content: viewCard(view, false) },
          signal,
        );
      return undefined;
    }
    // A status has an element of its own, so only a text that merely grows is streamed.
    const status = view.status ?? '';
    if (status !== (ref.extra?.status ?? '')) {
      await this.#entities.replace(card, viewCard(view, true), signal);
      return { ...ref, extra: { ...ref.extra, status } };
    }
    await this.#entities.stream(card, answerElement, viewText(view.markdown), signal);
    return undefined;
  }

  async finish(ref: PreviewRef, part: Part, signal: AbortSignal): Promise<MessageRef | 'resend'> {
    const body = part.body as unknown as PartBody;
    if (!ref.ref) return 'resend';
    if (body.type !== 'interactive') {
      await this.discard(ref, signal);
      return 'resend';
    }
    const card = cardOf(ref);
    try {
      if (card === undefined)
        await editMessage(this.#api, ref.ref, { type: 'interactive', content: body.content }, signal);
      else {
        await this.#entities.close(card, part.plain, signal);
        await this.#entities.replace(card, body.content, signal);
      }
    } catch (error) {
      const kind = kindOf(error);
      if (kind === 'not_found') return 'resend';
      if (kind !== 'validation') throw error;
      await this.discard(ref, signal);
      return 'resend';
    }
    this.#sent(ref.ref, part.plain);
    return card === undefined ? ref.ref : { ...ref.ref, extra: { card } };
  }

  async discard(ref: PreviewRef, signal: AbortSignal): Promise<void> {
    if (ref.ref) await removeMessage(this.#api, ref.ref, signal);
  }

  /** Replaces a finished message that is a card entity. */
  async edit(card: string, content: JsonObject, signal: AbortSignal): Promise<void> {
    await this.#entities.replace(card, content, signal);
  }

  async #openStreaming(
    to: Address,
    view: PreviewView,
    key: string,
    signal: AbortSignal,
  ): Promise<PreviewRef> {
    const startedAt = Date.now();
    let card = this.#opened.get(key);
    if (card === undefined) {
      card = await this.#entities.create(viewCard(view, true), signal);
      this.#opened.set(key, card);
      for (const old of this.#opened.keys()) if (this.#opened.size > 500) this.#opened.delete(old);
    }
    const message = { type: 'interactive', content: { type: 'card', data: { card_id: card } } };
    try {
      const { ref, createdAt } = await post(this.#api, to, message, uuidOf(key), this.#options, signal);
      // A time well before this call: the key was used in an earlier life, with another card behind the message.
      if (createdAt > 0 && createdAt < startedAt - 2_000)
        card = (await this.#entities.behind(ref.message, signal)) ?? card;
      return { kind: 'stream', ref, extra: { card, status: view.status ?? '' } };
    } catch (error) {
      if (feishuCode(error) !== 200741) throw error;
      this.#opened.delete(key);
      throw error;
    }
  }

  /** No right to use card entities, or no such thing on this server. */
  #cardkitRefused(error: unknown): boolean {
    const refused =
      feishuCode(error) !== 230002 && ['permission', 'not_found', 'validation'].includes(kindOf(error));
    if (refused) this.#streamingAgainAt = Date.now() + refusedForMs;
    return refused;
  }
}

const cardOf = (ref: PreviewRef): string | undefined =>
  typeof ref.extra?.card === 'string' ? ref.extra.card : undefined;

function viewText(markdown: string): string {
  const text = previewText(markdown);
  if (jsonBytes(text) <= cardBytes - 2_000) return text;
  // The engine cuts previews by characters; this is for scripts with many bytes each.
  return `${previewText(markdown.slice(0, 6_000))}…`;
}

function viewCard(view: PreviewView, streaming: boolean): JsonObject {
  const elements: JsonObject[] = [markdownElement(viewText(view.markdown), answerElement)];
  if (view.status) elements.push(noteElement(view.status));
  const card = cardFrame(elements, view.status ?? '…');
  if (!streaming) return card;
  const config = {
    ...(card.config as JsonObject),
    streaming_mode: true,
    streaming_config: {
      print_frequency_ms: { default: 50 },
      print_step: { default: 4 },
      print_strategy: 'fast',
    },
  };
  return { ...card, config };
}
