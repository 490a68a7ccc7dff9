import { AppError, describeError } from '../../core/errors.ts';
import type { Finding } from '../../core/platform.ts';
import type { IlinkApi } from './api.ts';
import type { ContextTokens } from './context-tokens.ts';

/** For `doctor`: is the login still good. Asks in the name of somebody who has written; there is no call for the bot itself. */
export async function checkWeixin(
  api: IlinkApi,
  tokens: ContextTokens,
  callMs: number,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  await tokens.load();
  const person = tokens.anyone;
  if (person === undefined)
    return [
      {
        level: 'warning',
        what: 'Weixin: nobody has written to this bot yet, so the login cannot be checked',
        fix: 'start cc-connect and write a message to the bot from Weixin',
      },
    ];
  const token = tokens.get(person);
  try {
    await api.call(
      'getconfig',
      { ilink_user_id: person, ...(token ? { context_token: token } : {}) },
      { signal, timeoutMs: callMs },
    );
    return [{ level: 'ok', what: 'Weixin: the login is good' }];
  } catch (error) {
    const advice = error instanceof AppError ? error.advice : undefined;
    return [
      {
        level: 'error',
        what: `Weixin: ${error instanceof AppError ? error.message : describeError(error)}`,
        ...(advice ? { fix: advice } : {}),
      },
    ];
  }
}
