import type { Address } from '../../core/address.ts';
import { type AccountId, asId, type SessionKey } from '../../core/ids.ts';

const PREFIX = 'discord';

/**
 * `discord:<channel>:<user>`; shared channels and isolated threads leave the user off. The same keys as the Go
 * cc-connect makes.
 */
export function makeSessionKey(address: Address, user: string, shared: boolean): SessionKey {
  const alone = shared || address.thread !== undefined;
  return asId<SessionKey>(alone ? `${PREFIX}:${address.chat}` : `${PREFIX}:${address.chat}:${user}`);
}

/** The place behind a key. `direct` tells whether a channel is known as a direct chat. */
export function readSessionKey(
  key: string,
  account: AccountId,
  shared: boolean,
  direct: (channel: string) => boolean,
): Address | undefined {
  const [prefix, chat, user, ...rest] = key.split(':');
  const ids = [chat, user].filter((part) => part !== undefined);
  if (prefix !== PREFIX || chat === undefined || rest.length > 0) return undefined;
  if (!ids.every((id) => /^\d{5,20}$/.test(id))) return undefined;
  const place = { account, chat, direct: direct(chat) };
  if (user !== undefined) return { ...place, user };
  return shared ? place : { ...place, thread: chat };
}
