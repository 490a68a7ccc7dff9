import { setTimeout as sleep } from 'node:timers/promises';
import type { Address, MessageRef } from '../../core/address.ts';
import { AppError, describeError, kindOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Part } from '../../core/outgoing.ts';
import type { PreviewAbility, PreviewRef, PreviewView } from '../../core/platform.ts';
import { BoundedMap } from '../../kit/bounded-map.ts';
import type { FeishuApi } from './api.ts';
import { CardEntities } from './card-entities.ts';
import type { CardPaces } from './card-pace.ts';
import { answerElement, previewCard, previewWords } from './preview-card.ts';
import { editMessage, type PartBody, post, removeMessage, type SendOptions, uuidOf } from './send.ts';

const openAttempts = 4;
/** For so long after the start a message may have been made by an earlier life without its time telling. */
const youngMs = 10_000;
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
  readonly #since = Date.now();
  #streamingAgainAt = 0;
  /** Card entities by key, so that a repeated `open` sends the same card. */
  readonly #opened = new BoundedMap<string, string>(500);

  constructor(
    api: FeishuApi,
    paces: CardPaces,
    options: SendOptions,
    sent: (ref: MessageRef, plain: string) => void,
  ) {
    this.#api = api;
    this.#options = options;
    this.#entities = new CardEntities(api, paces);
    this.#sent = sent;
  }

  async open(to: Address, view: PreviewView, key: string, signal: AbortSignal): Promise<PreviewRef> {
    const card = Date.now() >= this.#streamingAgainAt ? await this.#entityFor(view, key, signal) : undefined;
    if (card !== undefined) return this.#sendEntity(card, to, view, key, signal);
    const message = { type: 'interactive', content: previewCard(view, false) };
    const { ref } = await surely(
      () => post(this.#api, to, message, uuidOf(key), this.#options, signal),
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
          { type: 'interactive', content: previewCard(view, false) },
          signal,
        );
      return undefined;
    }
    // A status has an element of its own, so only a text that merely grows is streamed.
    const status = view.status ?? '';
    if (status !== (ref.extra?.status ?? '')) {
      await this.#entities.redraw(card, previewCard(view, true), signal);
      return { ...ref, extra: { ...ref.extra, status } };
    }
    await this.#entities.stream(card, answerElement, previewWords(view.markdown), signal);
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

  /** A card entity for this key; undefined where the app may not have any, which is remembered for a while. */
  async #entityFor(view: PreviewView, key: string, signal: AbortSignal): Promise<string | undefined> {
    const known = this.#opened.get(key);
    if (known !== undefined) return known;
    try {
      const card = await this.#entities.create(previewCard(view, true), key, signal);
      this.#opened.set(key, card);
      return card;
    } catch (error) {
      if (!['permission', 'not_found', 'validation'].includes(kindOf(error))) throw error;
      this.#streamingAgainAt = Date.now() + refusedForMs;
      return undefined;
    }
  }

  async #sendEntity(
    card: string,
    to: Address,
    view: PreviewView,
    key: string,
    signal: AbortSignal,
  ): Promise<PreviewRef> {
    const startedAt = Date.now();
    const message = { type: 'interactive', content: { type: 'card', data: { card_id: card } } };
    const send = () => post(this.#api, to, message, uuidOf(key), this.#options, signal);
    const { ref, createdAt } = await surely(send, signal);
    // The key may have been used in an earlier life, with another card behind the message: its time tells, unless
    // that life ended just now.
    const young = startedAt - this.#since < youngMs;
    const earlier = young || (createdAt > 0 && createdAt < startedAt - 2_000);
    const shown = earlier
      ? await surely(() => this.#entities.behind(ref.message, signal), signal, 'there')
      : undefined;
    return { kind: 'stream', ref, extra: { card: shown ?? card, status: view.status ?? '' } };
  }
}

/**
 * A preview whose reference is lost would be generating for ever; the key makes repeating it safe. Once the message
 * may be there, no later refusal says that it is not: what fails then is `ambiguous`, so that it is looked for.
 */
async function surely<T>(call: () => Promise<T>, signal: AbortSignal, message?: 'there'): Promise<T> {
  let doubt = message === 'there';
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const kind = kindOf(error);
      doubt ||= kind === 'ambiguous';
      const refused = kind === 'rate_limit' && doubt;
      const again = refused || ['ambiguous', 'unavailable', 'network'].includes(kind);
      const failure = doubt ? inDoubt(error) : error;
      if (!again || attempt === openAttempts || signal.aborted) throw failure;
      const asked = error instanceof AppError ? (error.retryAfterMs ?? 0) : 0;
      await sleep(Math.max(150 * attempt, asked), undefined, { signal }).catch(() => {
        throw failure;
      });
    }
  }
}

function inDoubt(error: unknown): AppError {
  return new AppError('feishu_ambiguous', `a preview may be there: ${describeError(error)}`, {
    kind: 'ambiguous',
  });
}

const cardOf = (ref: PreviewRef): string | undefined =>
  typeof ref.extra?.card === 'string' ? ref.extra.card : undefined;
