import type { Address } from '../../core/address.ts';
import { kindOf } from '../../core/errors.ts';
import type { ActivityAbility, ActivityRef } from '../../core/platform.ts';
import type { SlackApi } from './api.ts';
import { wordOf } from './errors.ts';

/** The status fades after two minutes by itself. */
const REFRESH_MS = 60_000;
const STATUS = 'is working…';

/**
 * A status below the thread where the answer goes, and a reaction on the message where one is configured. Both are
 * noted before they are made.
 */
export function activityOf(
  api: SlackApi,
  reaction: string | undefined,
  threadOf: (to: Address) => string | undefined,
): ActivityAbility {
  /** Apps without the feature are told so once. */
  let statusTaken = true;
  const setStatus = async (chat: string, thread: string, status: string, signal: AbortSignal) => {
    try {
      const args = { channel_id: chat, thread_ts: thread, status };
      await api.call('assistant.threads.setStatus', args, { kind: 'repeatable', signal });
    } catch (error) {
      if (!['permission', 'permanent', 'validation', 'not_found'].includes(kindOf(error))) throw error;
      if (/missing_scope|unknown_method|not_allowed|feature/.test(wordOf(error) ?? '')) statusTaken = false;
    }
  };
  return {
    refreshMs: REFRESH_MS,
    async show(to, signal, note): Promise<ActivityRef | undefined> {
      const thread = statusTaken ? threadOf(to) : undefined;
      const message = reaction === undefined ? undefined : to.replyTo;
      if (thread === undefined && message === undefined) return undefined;
      const ref: ActivityRef = {
        kind: 'sign',
        chat: to.chat,
        ...(message === undefined ? {} : { message }),
        ...(thread === undefined ? {} : { extra: { thread } }),
      };
      await note(ref);
      const signs = [
        thread === undefined ? undefined : setStatus(to.chat, thread, STATUS, signal),
        message === undefined ? undefined : react('reactions.add', to.chat, message, signal),
      ];
      // Both have ended when this does: what is cleared afterwards stays cleared.
      const results = await Promise.allSettled(signs);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      return ref;
    },
    async clear(ref, _outcome, signal) {
      const thread = ref.extra?.thread;
      if (typeof thread === 'string') await setStatus(ref.chat, thread, '', signal);
      if (ref.message !== undefined) await react('reactions.remove', ref.chat, ref.message, signal);
    },
  };

  async function react(
    method: string,
    channel: string,
    timestamp: string,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await api.call(method, { channel, timestamp, name: reaction }, { kind: 'repeatable', signal });
    } catch (error) {
      // It is there already, or gone already, or the message is: nothing to show or to clear.
      if (['not_found', 'permission', 'permanent', 'validation'].includes(kindOf(error))) return;
      throw error;
    }
  }
}
