import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, describeError, kindOf } from '../../core/errors.ts';
import type { Action } from '../../core/inbound.ts';
import type { ActionReply, Log } from '../../core/platform.ts';
import type { SlackApi } from './api.ts';
import type { Outbound } from './outbound.ts';
import { renderParts } from './render.ts';

const ATTEMPTS = 4;

/** Replaces the message that carried the button and tells the presser, who alone sees that, what came of it. */
export async function answerPress(
  api: SlackApi,
  outbound: Outbound,
  press: { readonly action: Action; readonly respondUrl: string | undefined },
  reply: ActionReply,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { action, respondUrl } = press;
  const { source } = action;
  const part = reply.card ? renderParts({ kind: 'card', card: reply.card }).at(-1) : undefined;
  const { toast } = reply;
  if (toast)
    await persist('tell', log, signal, async () => {
      if (respondUrl !== undefined)
        return api.respond(
          respondUrl,
          { response_type: 'ephemeral', replace_original: false, text: escapeText(toast) },
          signal,
        );
      await api.call(
        'chat.postEphemeral',
        {
          channel: action.address.chat,
          user: action.sender.id,
          text: escapeText(toast),
          ...(action.address.thread ? { thread_ts: action.address.thread } : {}),
        },
        { kind: 'repeatable', signal },
      );
    });
  if (source && part) await persist('edit', log, signal, () => outbound.edit(source, part, signal));
}

const escapeText = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** Both steps may be repeated without harm; a deleted message ends them. */
async function persist(
  step: string,
  log: Log,
  signal: AbortSignal,
  task: () => Promise<unknown>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await task();
      return;
    } catch (error) {
      const passing = ['rate_limit', 'network', 'unavailable'].includes(kindOf(error));
      if (!passing || attempt === ATTEMPTS || signal.aborted) {
        log.debug({ step, error: describeError(error) }, 'a press could not be answered');
        return;
      }
      const wait = (error instanceof AppError && error.retryAfterMs) || 250 * attempt;
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}
