import type { Address, MessageRef } from '../../core/address.ts';
import { kindOf } from '../../core/errors.ts';
import type { Part } from '../../core/outgoing.ts';
import type { PreviewRef, PreviewView } from '../../core/platform.ts';
import { BoundedMap } from '../../kit/bounded-map.ts';
import { parseMarkdown } from '../../kit/markdown/parse.ts';
import { renderPlain } from '../../kit/markdown/plain.ts';
import type { SlackApi } from './api.ts';
import { note } from './card.ts';
import { wordOf } from './errors.ts';
import { harmless } from './markdown.ts';
import { EVENT_TYPE, type Outbound, refOf } from './outbound.ts';
import { MARKDOWN_LIMIT, type TextBody } from './render.ts';
import { compareStamps, list, record, stamp, word } from './wire.ts';

/** What a stream shows: undefined once the text took a turn that cannot be told by adding to it. */
type Shown = { text: string | undefined };

/** How far the service's clock may be behind ours. */
const SKEW_SECS = 30;

/** Why a stream of an app cannot be at all, rather than this one. */
const never =
  /^(unknown_method|missing_scope|not_allowed_token_type|feature_not_enabled|method_not_supported)/;

/**
 * The service's own streams: text is only ever added, the last call closes the message. They live in threads, and
 * in channels are shown as coming for one person.
 */
export class Streams {
  readonly #api: SlackApi;
  readonly #outbound: Outbound;
  readonly #team: () => string | undefined;
  readonly #shown = new BoundedMap<string, Shown>(500);
  readonly #begun = new BoundedMap<string, string>(500);
  /** The key of every stream this process knows of, also of those that are over; empty where it is not known. */
  readonly #known = new BoundedMap<string, string>(2_000);
  readonly #wanted: boolean;
  #taken: boolean;

  constructor(api: SlackApi, outbound: Outbound, team: () => string | undefined, wanted: boolean) {
    this.#api = api;
    this.#outbound = outbound;
    this.#team = team;
    this.#wanted = wanted;
    this.#taken = wanted;
  }

  /** Begins a stream; undefined where there can be none. */
  async open(
    to: Address,
    view: PreviewView,
    key: string,
    signal: AbortSignal,
  ): Promise<PreviewRef | undefined> {
    const thread = this.#outbound.threadOf(to);
    const team = this.#team();
    if (!this.#taken || thread === undefined || view.markdown.length > MARKDOWN_LIMIT) return undefined;
    if (!to.direct && (to.user === undefined || team === undefined)) return undefined;
    const people = to.direct ? {} : { recipient_user_id: to.user, recipient_team_id: team };
    this.#begun.set(key, `${(Date.now() - 60_000) / 1000}`);
    try {
      const answer = await this.#api.call(
        'chat.startStream',
        { channel: to.chat, thread_ts: thread, markdown_text: harmless(view.markdown) || '…', ...people },
        { kind: 'send', signal },
      );
      const ts = stamp(answer.ts);
      if (ts === undefined) return undefined;
      this.#shown.set(ts, { text: view.markdown });
      this.#known.set(ts, key);
      return { kind: 'stream', ref: refOf(to.chat, ts, thread) };
    } catch (error) {
      if (!['permission', 'permanent', 'validation', 'not_found'].includes(kindOf(error))) throw error;
      if (never.test(wordOf(error) ?? '')) this.#taken = false;
      return undefined;
    }
  }

  /**
   * A stream whose beginning was never answered: the message of ours in the thread that nobody knows. A `stray` one is
   * of an earlier life of the daemon. Whose it was cannot be told for sure: it is good only for being removed. Asked
   * again for the same key, it is the same one.
   */
  async find(
    to: Address,
    key: string,
    begunAt: number,
    signal: AbortSignal,
  ): Promise<PreviewRef | undefined> {
    const own = this.#begun.get(key);
    const oldest = own ?? `${begunAt / 1000 - SKEW_SECS}`;
    const thread = this.#outbound.threadOf(to);
    if (!this.#wanted || thread === undefined) return undefined;
    const answer = await this.#api.call(
      'conversations.replies',
      { channel: to.chat, ts: thread, oldest, limit: 200, include_all_metadata: true },
      { kind: 'repeatable', signal },
    );
    const lost = list(answer.messages)
      .map(record)
      .filter((message) => word(message.bot_id) !== undefined && message.metadata === undefined)
      .flatMap((message) => stamp(message.ts) ?? [])
      .filter((ts) => (this.#known.get(ts) ?? key) === key && compareStamps(ts, oldest) > 0)
      .at(-1);
    if (lost === undefined) return undefined;
    this.#shown.set(lost, { text: undefined });
    this.#known.set(lost, key);
    return { kind: own === undefined ? 'stray' : 'stream', ref: refOf(to.chat, lost, thread) };
  }

  async update(ref: MessageRef, view: PreviewView, signal: AbortSignal): Promise<void> {
    const shown = this.#shown.get(ref.message);
    if (shown?.text === undefined || shown.text === view.markdown) return;
    if (!view.markdown.startsWith(shown.text) || view.markdown.length > MARKDOWN_LIMIT) {
      shown.text = undefined;
      return;
    }
    const more = view.markdown.slice(shown.text.length);
    try {
      await this.#api.call(
        'chat.appendStream',
        { channel: ref.chat, ts: ref.message, markdown_text: harmless(more) },
        { kind: 'send', signal },
      );
      shown.text = view.markdown;
    } catch (error) {
      // Added or not: what stands there is not known any more, and the end will say it whole.
      if (!['rate_limit', 'network'].includes(kindOf(error))) shown.text = undefined;
      if (wordOf(error) !== 'message_not_in_streaming_state' && kindOf(error) !== 'not_found') throw error;
    }
  }

  /** Closes the stream. True when it says the whole part already. */
  async finish(
    ref: MessageRef,
    part: Part,
    body: TextBody | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const shown = this.#shown.get(ref.message)?.text;
    const words = body?.footer ? part.plain.slice(0, -body.footer.length).trimEnd() : part.plain;
    const whole = body !== undefined && shown !== undefined && renderPlain(parseMarkdown(shown)) === words;
    const closed = await this.#stop(ref, whole && body.footer ? [note(body.footer)] : undefined, signal);
    this.#shown.delete(ref.message);
    return whole && closed;
  }

  /** Closes a stream that is to be removed. */
  async discard(ref: MessageRef, signal: AbortSignal): Promise<void> {
    this.#shown.delete(ref.message);
    await this.#stop(ref, undefined, signal);
  }

  /** False when it was closed before, or is gone. */
  async #stop(ref: MessageRef, blocks: object[] | undefined, signal: AbortSignal): Promise<boolean> {
    this.#known.set(ref.message, this.#known.get(ref.message) ?? '');
    // What is said to the end is no stray, also for a later life of the daemon.
    const metadata = { event_type: EVENT_TYPE, event_payload: { stream: 'ended' } };
    const args = { channel: ref.chat, ts: ref.message, metadata, ...(blocks ? { blocks } : {}) };
    try {
      await this.#api.call('chat.stopStream', args, { kind: 'repeatable', signal });
      return true;
    } catch (error) {
      if (['not_found', 'permanent', 'validation', 'permission'].includes(kindOf(error))) return false;
      throw error;
    }
  }
}
