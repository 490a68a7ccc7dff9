import { AppError } from '../../core/errors.ts';
import type { ActivityAbility, ActivityRef } from '../../core/platform.ts';
import type { TelegramClient } from './client.ts';

/** "typing" fades after 5 s by itself. */
const REFRESH_MS = 4500;
const MARKS_KEPT = 1000;

/** Typing in the chat, and a ⚡ on the message where reactions are switched on. */
export function activityOf(client: TelegramClient, reactions: boolean): ActivityAbility {
  /** Messages that carry the sign already, so that a refresh does not set it again. */
  const marked = new Set<string>();
  return {
    refreshMs: REFRESH_MS,
    async show(to, signal, note): Promise<ActivityRef | undefined> {
      const typing = client.call(
        'sendChatAction',
        {
          chat_id: Number(to.chat),
          action: 'typing',
          ...(to.thread === undefined ? {} : { message_thread_id: Number(to.thread) }),
        },
        { kind: 'repeatable', signal },
      );
      if (!reactions || to.replyTo === undefined) {
        await typing;
        return undefined;
      }
      const ref = { kind: 'reaction', chat: to.chat, message: to.replyTo };
      const name = `${ref.chat}:${ref.message}`;
      if (marked.size > MARKS_KEPT) marked.clear();
      const mark = async () => {
        await note(ref);
        await react(client, ref, '⚡', signal);
        marked.add(name);
      };
      // Both have ended when this does: what is cleared afterwards stays cleared.
      const results = await Promise.allSettled([typing, marked.has(name) ? undefined : mark()]);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      return ref;
    },
    async clear(ref, _outcome, signal) {
      marked.delete(`${ref.chat}:${ref.message}`);
      await react(client, ref, undefined, signal);
    },
  };
}

async function react(
  client: TelegramClient,
  ref: ActivityRef,
  emoji: '⚡' | undefined,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.call(
      'setMessageReaction',
      {
        chat_id: Number(ref.chat),
        message_id: Number(ref.message),
        reaction: emoji ? [{ type: 'emoji', emoji }] : [],
      },
      { kind: 'repeatable', signal },
    );
  } catch (error) {
    // The message is gone, or the chat does not allow the sign: there is nothing to show or to clear.
    const harmless = ['not_found', 'validation', 'permission'];
    if (!(error instanceof AppError) || !harmless.includes(error.kind)) throw error;
  }
}
