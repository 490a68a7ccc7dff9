import { AppError } from '../../core/errors.ts';
import type { ActivityAbility, ActivityRef } from '../../core/platform.ts';
import type { CallOptions, DiscordApi } from './api.ts';
import type { DiscordOptions } from './options.ts';
import type { Threads } from './threads.ts';

/** "typing" fades after 10 s by itself. */
const REFRESH_MS = 8_000;
const MARKS_KEPT = 1_000;

/** Typing in the channel, and reactions on the message being worked on where they are switched on. */
export function activityOf(api: DiscordApi, threads: Threads, options: DiscordOptions): ActivityAbility {
  const { reactionEmoji: working, doneEmoji: done } = options;
  const marked = new Set<string>();
  const react = (ref: ActivityRef, method: 'PUT' | 'DELETE', emoji: string, signal: AbortSignal) =>
    harmless(
      api.call(
        method,
        `/channels/${ref.chat}/messages/${ref.message}/reactions/${encodeURIComponent(emoji)}/@me`,
        repeatable(signal),
      ),
    );
  return {
    refreshMs: REFRESH_MS,
    async show(to, signal, note): Promise<ActivityRef | undefined> {
      const place = await threads.place(to, signal);
      const typing = harmless(api.call('POST', `/channels/${place}/typing`, repeatable(signal)));
      if (working === undefined && done === undefined) {
        await typing;
        return undefined;
      }
      if (to.replyTo === undefined) {
        await typing;
        return undefined;
      }
      // The message that asked stands in the channel, also when the answer has a thread.
      const chat = typeof to.extra?.root === 'string' ? String(to.extra.parent) : to.chat;
      const ref: ActivityRef = { kind: 'reaction', chat, message: to.replyTo };
      if (marked.size > MARKS_KEPT) marked.clear();
      const mark = async () => {
        await note(ref);
        if (working !== undefined) await react(ref, 'PUT', working, signal);
        marked.add(to.replyTo ?? '');
      };
      // Both have ended when this does: what is cleared afterwards stays cleared.
      const results = await Promise.allSettled([typing, marked.has(to.replyTo) ? undefined : mark()]);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      return ref;
    },
    async clear(ref, outcome, signal) {
      marked.delete(ref.message ?? '');
      if (working !== undefined) await react(ref, 'DELETE', working, signal);
      if (done !== undefined && outcome === 'done') await react(ref, 'PUT', done, signal);
    },
  };
}

const repeatable = (signal: AbortSignal): CallOptions => ({ kind: 'repeatable', signal });

/** The message is gone or the sign is not allowed there: nothing to show or to clear. */
async function harmless(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    const kinds = ['not_found', 'validation', 'permission'];
    if (!(error instanceof AppError) || !kinds.includes(error.kind)) throw error;
  }
}
