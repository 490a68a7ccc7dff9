import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, describeError } from '../../core/errors.ts';
import type { Action } from '../../core/inbound.ts';
import type { ActionReply, Log } from '../../core/platform.ts';
import { graphemeBefore } from '../../kit/markdown/text-boundary.ts';
import type { TelegramClient } from './client.ts';
import type { Outbound } from './outbound.ts';
import { renderParts } from './render.ts';

const TOAST_CHARS = 200;
const ATTEMPTS = 4;

/** Ends the press on the phone with its toast, then replaces the message that carried the button. */
export async function answerPress(
  client: TelegramClient,
  outbound: Outbound,
  press: { readonly queryId: string; readonly action: Action },
  reply: ActionReply,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const toast = reply.toast?.slice(0, graphemeBefore(reply.toast, TOAST_CHARS));
  await persist('answer', log, signal, () =>
    client.call(
      'answerCallbackQuery',
      {
        callback_query_id: press.queryId,
        ...(toast ? { text: toast } : {}),
        ...(toast && reply.toastKind === 'error' ? { show_alert: true } : {}),
      },
      { kind: 'repeatable', signal },
    ),
  );
  const { source } = press.action;
  const part = reply.card ? renderParts({ kind: 'card', card: reply.card }).at(-1) : undefined;
  if (source && part) await persist('edit', log, signal, () => outbound.edit(source, part, signal));
}

/** Both steps may be repeated without harm; an expired press or a deleted message ends them. */
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
      const kind = error instanceof AppError ? error.kind : 'permanent';
      const passing = kind === 'rate_limit' || kind === 'network' || kind === 'unavailable';
      if (!passing || attempt === ATTEMPTS || signal.aborted) {
        log.debug({ step, error: describeError(error) }, 'a press could not be answered');
        return;
      }
      const wait = (error instanceof AppError && error.retryAfterMs) || 250 * attempt;
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}
