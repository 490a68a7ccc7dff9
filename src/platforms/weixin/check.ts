import { AppError, describeError } from '../../core/errors.ts';
import type { Finding } from '../../core/platform.ts';
import type { IlinkApi } from './api.ts';
import type { ContextTokens } from './context-tokens.ts';

/** Milliseconds after which a poll counts as held open. */
const heldMs = 3000;

/** For `doctor`: is the login still good. Asks in the name of somebody who has written, else by a short poll: there is no call for the bot itself. */
export async function checkWeixin(
  api: IlinkApi,
  tokens: ContextTokens,
  callMs: number,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  await tokens.load();
  const person = tokens.anyone;
  if (person === undefined) return polled(api, signal);
  const token = tokens.get(person);
  try {
    await api.call(
      'getconfig',
      { ilink_user_id: person, ...(token ? { context_token: token } : {}) },
      { signal, timeoutMs: callMs },
    );
    return [{ level: 'ok', what: 'Weixin: the login is good' }];
  } catch (error) {
    return [problem(error)];
  }
}

/** A poll that is held open is one with a good login; a bad one is refused at once. */
async function polled(api: IlinkApi, signal: AbortSignal): Promise<readonly Finding[]> {
  let written = false;
  try {
    await api.call(
      'getupdates',
      { get_updates_buf: '' },
      { signal, timeoutMs: heldMs, sent: () => (written = true) },
    );
  } catch (error) {
    const held = written && error instanceof AppError && error.code === 'weixin_timeout';
    if (!held) return [problem(error)];
  }
  return [
    { level: 'ok', what: 'Weixin: the login is good' },
    {
      level: 'warning',
      what: 'Weixin: nobody has written to this bot yet, so it can write to nobody',
      fix: 'start cc-connect and write a message to the bot from Weixin',
    },
  ];
}

function problem(error: unknown): Finding {
  const advice = error instanceof AppError ? error.advice : undefined;
  const what = `Weixin: ${error instanceof AppError ? error.message : describeError(error)}`;
  return { level: 'error', what, unconfirmed: true, ...(advice ? { fix: advice } : {}) };
}
