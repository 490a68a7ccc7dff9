import type { Address } from '../../core/address.ts';
import { type AccountId, asId, type SessionKey } from '../../core/ids.ts';
import type { Sender } from '../../core/inbound.ts';
import type { SlackScope } from './options.ts';

const PREFIX = 'slack';

/** Direct channels have ids with this letter. */
export const isDirectChannel = (chat: string): boolean => chat.startsWith('D');

/**
 * `slack:<channel>:<user>`, `slack:<channel>`, or `slack:<channel>:t:<ts of the thread>`: the keys of the Go
 * cc-connect. A message outside of any thread begins one.
 */
export function makeSessionKey(address: Address, sender: Sender, scope: SlackScope): SessionKey {
  const base = `${PREFIX}:${address.chat}`;
  const thread = address.thread ?? address.replyTo;
  if (scope === 'thread' && thread !== undefined) return asId<SessionKey>(`${base}:t:${thread}`);
  if (scope === 'channel') return asId<SessionKey>(base);
  return asId<SessionKey>(`${base}:${address.user ?? sender.id}`);
}

/** The place behind a key. */
export function readSessionKey(key: string, account: AccountId): Address | undefined {
  const [prefix, chat, second, third, ...rest] = key.split(':');
  if (prefix !== PREFIX || !chat || !/^[A-Z][A-Z0-9]+$/.test(chat) || rest.length > 0) return undefined;
  const place = { account, chat, direct: isDirectChannel(chat) };
  if (second === undefined) return place;
  if (second === 't')
    return third !== undefined && /^\d+\.\d+$/.test(third) ? { ...place, thread: third } : undefined;
  return second !== '' && third === undefined ? { ...place, user: second } : undefined;
}
