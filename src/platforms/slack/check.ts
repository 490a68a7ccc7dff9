import { AppError, describeError, kindOf } from '../../core/errors.ts';
import type { Finding } from '../../core/platform.ts';
import type { SlackApi } from './api.ts';
import { neededScopes, niceScopes } from './scopes.ts';
import { list, record, word } from './wire.ts';

/** For `doctor`: both tokens, the bot's scopes, Socket Mode. */
export async function checkSlack(api: SlackApi, signal: AbortSignal): Promise<readonly Finding[]> {
  return [...(await checkBot(api, signal)), await checkSocket(api, signal)];
}

async function checkBot(api: SlackApi, signal: AbortSignal): Promise<Finding[]> {
  try {
    const me = await api.call('auth.test', {}, { kind: 'repeatable', signal });
    const who = `${word(me.user) ?? word(me.user_id) ?? 'the bot'} in ${word(me.team) ?? 'the workspace'}`;
    const scopes = list(record(me.response_metadata).scopes).filter((scope) => typeof scope === 'string');
    const found: Finding[] = [{ level: 'ok', what: `bot_token is ${who}` }];
    // Some proxies drop the header that tells the scopes.
    if (scopes.length === 0) return found;
    const has = new Set(scopes);
    const missing = (of: Readonly<Record<string, string>>, level: 'error' | 'warning') =>
      Object.entries(of)
        .filter(([scope]) => !has.has(scope))
        .map(([scope, purpose]): Finding => {
          const fix = `add it under OAuth & Permissions, install the app again and copy the new bot_token`;
          return { level, what: `the scope ${scope} is missing: the bot cannot ${purpose}`, fix };
        });
    return [...found, ...missing(neededScopes, 'error'), ...missing(niceScopes, 'warning')];
  } catch (error) {
    return [problem('bot_token', error)];
  }
}

async function checkSocket(api: SlackApi, signal: AbortSignal): Promise<Finding> {
  try {
    await api.callAsApp('apps.connections.open', { kind: 'repeatable', signal });
    return { level: 'ok', what: 'app_token may open a connection' };
  } catch (error) {
    return problem('app_token', explainApp(error));
  }
}

/** A refusal to open a connection, in words that name the token it is about. */
export function explainApp(error: unknown): unknown {
  if (!(error instanceof AppError) || !['auth', 'permission', 'permanent'].includes(error.kind)) return error;
  return new AppError(error.code, `app_token: ${error.message}`, {
    kind: error.kind,
    advice:
      'under Basic Information make an app-level token with the scope connections:write, and switch Socket Mode on',
  });
}

/** The same for the bot token. */
export function explainBot(error: unknown): unknown {
  if (!(error instanceof AppError) || !['auth', 'permission', 'permanent'].includes(error.kind)) return error;
  const advice = error.advice ?? 'install the app to the workspace again and copy the new bot_token';
  return new AppError(error.code, `bot_token: ${error.message}`, { kind: error.kind, advice });
}

function problem(what: string, error: unknown): Finding {
  const level = ['auth', 'permission', 'permanent', 'network'].includes(kindOf(error)) ? 'error' : 'warning';
  const fix = error instanceof AppError ? error.advice : undefined;
  const words = error instanceof AppError ? error.message : describeError(error);
  return { level, what: `${what}: ${words}`, unconfirmed: true, ...(fix ? { fix } : {}) };
}
