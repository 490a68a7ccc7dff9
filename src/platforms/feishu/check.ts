import { AppError, describeError, kindOf } from '../../core/errors.ts';
import type { Finding } from '../../core/platform.ts';
import type { FeishuApi } from './api.ts';
import { scopeNeeds } from './needs.ts';
import { shared } from './rivals.ts';
import { list, record, type Wire, word } from './wire.ts';

/** Finds out what works, in the order in which it breaks. */
export async function check(
  api: FeishuApi,
  signal: AbortSignal,
  longConnection: boolean,
): Promise<readonly Finding[]> {
  try {
    const { bot } = await api.callWhole<Wire>(
      { op: 'asking for the bot', method: 'GET', path: '/open-apis/bot/v3/info' },
      signal,
    );
    const name = word(record(bot).app_name) ?? 'without a name';
    const found: Finding[] = [{ level: 'ok', what: `logged in as the bot "${name}"` }];
    if (record(bot).activate_status !== undefined && record(bot).activate_status !== 2)
      found.push({
        level: 'warning',
        what: 'the bot is not activated for everyone',
        fix: 'publish a version of the app',
      });
    if (longConnection) found.push(...(await checkConnections(api, signal)));
    return [...found, ...(await checkScopes(api, signal))];
  } catch (error) {
    const fix = error instanceof AppError ? error.advice : undefined;
    return [{ level: 'error', what: describeError(error), unconfirmed: true, ...(fix ? { fix } : {}) }];
  }
}

/** How many long connections the app has, in all programs. Needs no permission. */
export async function countConnections(api: FeishuApi, signal: AbortSignal): Promise<number> {
  const { online_instance_cnt: count } = await api.call<Wire>(
    { op: 'counting the connections', method: 'GET', path: '/open-apis/event/v1/connection' },
    signal,
  );
  const open = Number(word(count));
  if (!Number.isInteger(open))
    throw new AppError('feishu_unavailable', 'the answer counts no connections', { kind: 'unavailable' });
  return open;
}

async function checkConnections(api: FeishuApi, signal: AbortSignal): Promise<Finding[]> {
  let open: number;
  try {
    open = await countConnections(api, signal);
  } catch (error) {
    return [{ level: 'ok', what: `connections cannot be counted (${kindOf(error)})` }];
  }
  if (open <= 1) return [];
  return [{ level: 'warning', what: `${open} programs are connected as this app`, fix: shared }];
}

async function checkScopes(api: FeishuApi, signal: AbortSignal): Promise<Finding[]> {
  let data: Wire;
  try {
    data = await api.call<Wire>(
      { op: 'listing the permissions', method: 'GET', path: '/open-apis/application/v6/scopes' },
      signal,
    );
  } catch (error) {
    return [{ level: 'ok', what: `permissions cannot be listed (${kindOf(error)})` }];
  }
  const granted = new Set(
    list(data.scopes)
      .map(record)
      .filter((scope) => scope.grant_status === 1)
      .map((scope) => word(scope.scope_name)),
  );
  return scopeNeeds
    .filter(({ names }) => !names.some((name) => granted.has(name)))
    .map(({ names, need, for: purpose }) => ({
      level: need ? 'error' : 'warning',
      what: `the permission for ${purpose} is missing`,
      fix: `add ${names[0]} in the developer console and publish a version`,
    }));
}
