import type { Address } from '../../core/address.ts';
import { AppError, kindOf } from '../../core/errors.ts';
import type { ActivityAbility, ActivityRef, Log } from '../../core/platform.ts';
import type { FeishuApi } from './api.ts';
import type { FeishuOptions } from './options.ts';
import { messagePath } from './send.ts';
import { list, record, type Wire, word } from './wire.ts';

/** Time for the reference to be stored before the reaction is there. Turns that end sooner show none. */
const headStartMs = 100;
const mostAttempts = 5;

interface Adding {
  readonly cancel: AbortController;
  /** Resolves with the reaction's id, undefined when unknown, `never` when it was not asked for. */
  readonly done: Promise<string | undefined | 'never'>;
}

/**
 * A reaction on the message being worked on, for want of a typing sign. Its reference holds nothing that only the
 * answer tells and is handed over before the call is made, so neither a lost answer nor a crash leaves one on.
 */
export class FeishuActivity implements ActivityAbility {
  readonly #api: FeishuApi;
  readonly #options: FeishuOptions;
  readonly #log: Log;
  readonly #adding = new Map<string, Adding>();

  constructor(api: FeishuApi, options: FeishuOptions, log: Log) {
    this.#api = api;
    this.#options = options;
    this.#log = log;
  }

  async show(to: Address, signal: AbortSignal): Promise<ActivityRef | undefined> {
    const { reactionEmoji: emoji } = this.#options;
    const message = to.replyTo;
    if (message === undefined || emoji === undefined) return undefined;
    const cancel = new AbortController();
    const done = this.#addSoon(message, emoji, cancel.signal, signal);
    this.#adding.set(message, { cancel, done });
    return { kind: 'reaction', chat: to.chat, message, extra: { emoji } };
  }

  async clear(ref: ActivityRef, outcome: 'done' | 'stopped' | 'failed', signal: AbortSignal): Promise<void> {
    const { message } = ref;
    if (message === undefined) return;
    const adding = this.#adding.get(message);
    this.#adding.delete(message);
    adding?.cancel.abort();
    const id = await adding?.done;
    if (id !== 'never')
      for (const reaction of id === undefined ? await this.#own(message, ref, signal) : [id])
        await this.#remove(message, reaction, signal);
    const { doneEmoji } = this.#options;
    if (outcome === 'done' && doneEmoji !== undefined)
      await unlessGone(surely(() => this.#react(message, doneEmoji, signal), signal));
  }

  /** Calls off what has not begun. */
  stop(): void {
    for (const { cancel } of this.#adding.values()) cancel.abort();
    this.#adding.clear();
  }

  async #addSoon(message: string, emoji: string, cancel: AbortSignal, signal: AbortSignal) {
    await pause(headStartMs, cancel);
    if (cancel.aborted) return 'never';
    return this.#react(message, emoji, signal).catch((error: unknown) => {
      this.#log.debug({ kind: kindOf(error) }, 'a reaction was not added');
      return undefined;
    });
  }

  async #react(message: string, emoji: string, signal: AbortSignal): Promise<string | undefined> {
    const { reaction_id } = await this.#api.call<{ reaction_id?: string }>(
      {
        op: 'adding a reaction',
        method: 'POST',
        path: messagePath(message, '/reactions'),
        data: { reaction_type: { emoji_type: emoji } },
      },
      signal,
    );
    return reaction_id;
  }

  async #remove(message: string, reaction: string, signal: AbortSignal): Promise<void> {
    const path = messagePath(message, `/reactions/${encodeURIComponent(reaction)}`);
    const call = { op: 'removing a reaction', method: 'DELETE', path } as const;
    await unlessGone(surely(() => this.#api.call(call, signal), signal));
  }

  /** Our reactions on a message whose ids we do not know. */
  async #own(message: string, ref: ActivityRef, signal: AbortSignal): Promise<string[]> {
    const emoji = word(ref.extra?.emoji) ?? this.#options.reactionEmoji ?? '';
    const call = {
      op: 'listing reactions',
      method: 'GET',
      path: messagePath(message, '/reactions'),
      params: { reaction_type: emoji, page_size: '50' },
    } as const;
    const data = await unlessGone(surely(() => this.#api.call<Wire>(call, signal), signal));
    return list(data?.items)
      .map(record)
      .filter(({ operator }) => record(operator).operator_id === this.#options.appId)
      .flatMap(({ reaction_id: id }) => word(id) ?? []);
  }
}

/** A message or reaction that is gone needs no more clearing. */
async function unlessGone<T>(done: Promise<T>): Promise<T | undefined> {
  try {
    return await done;
  } catch (error) {
    if (kindOf(error) !== 'not_found') throw error;
    return undefined;
  }
}

/** Repeats what may be repeated until it has happened, a few times. */
async function surely<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await task();
    } catch (error) {
      const again = ['ambiguous', 'network', 'unavailable', 'rate_limit'].includes(kindOf(error));
      if (!again || attempt === mostAttempts || signal.aborted) throw error;
      const asked = error instanceof AppError ? (error.retryAfterMs ?? 0) : 0;
      await pause(Math.max(200 * attempt, asked), signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, signal.aborted ? 0 : ms);
    timer.unref();
    signal.addEventListener('abort', done);
  });
}
