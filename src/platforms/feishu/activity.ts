import type { Address } from '../../core/address.ts';
import { kindOf } from '../../core/errors.ts';
import type { ActivityAbility, ActivityRef } from '../../core/platform.ts';
import type { FeishuApi } from './api.ts';
import type { FeishuOptions } from './options.ts';
import { messagePath } from './send.ts';

/** A reaction on the message being worked on, for want of a typing sign; taken away at the end. */
export class FeishuActivity implements ActivityAbility {
  readonly #api: FeishuApi;
  readonly #options: FeishuOptions;

  constructor(api: FeishuApi, options: FeishuOptions) {
    this.#api = api;
    this.#options = options;
  }

  async show(to: Address, signal: AbortSignal): Promise<ActivityRef | undefined> {
    const { reactionEmoji } = this.#options;
    if (to.replyTo === undefined || reactionEmoji === undefined) return undefined;
    const reaction = await this.#react(to.replyTo, reactionEmoji, signal);
    return { kind: 'reaction', chat: to.chat, message: to.replyTo, extra: { reaction } };
  }

  async clear(ref: ActivityRef, outcome: 'done' | 'stopped' | 'failed', signal: AbortSignal): Promise<void> {
    const reaction = ref.extra?.reaction;
    if (ref.message === undefined) return;
    if (typeof reaction === 'string')
      await gone(
        this.#api.call(
          {
            op: 'removing a reaction',
            method: 'DELETE',
            path: messagePath(ref.message, `/reactions/${encodeURIComponent(reaction)}`),
          },
          signal,
        ),
      );
    const { doneEmoji } = this.#options;
    if (outcome === 'done' && doneEmoji !== undefined)
      await gone(this.#react(ref.message, doneEmoji, signal));
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
}

/** A message or reaction that is gone needs no more clearing. */
async function gone(done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (kindOf(error) !== 'not_found') throw error;
  }
}
