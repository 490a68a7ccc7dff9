import type { Address } from '../../core/address.ts';
import { type AccountId, asId, type SessionKey } from '../../core/ids.ts';

const PREFIX = 'telegram';

/**
 * `telegram:<chat>:<user>`, with a topic `telegram:<chat>:<thread>:<user>`; sessions shared by all members leave
 * the user off. The same keys as the Go cc-connect makes.
 */
export function makeSessionKey(address: Address, user: string, shared: boolean): SessionKey {
  const parts = [PREFIX, address.chat];
  if (address.thread !== undefined) parts.push(address.thread);
  if (!shared) parts.push(user);
  return asId<SessionKey>(parts.join(':'));
}

/**
 * The place behind a key. `telegram:<a>:<b>` is chat and user, or chat and topic where sessions are shared;
 * a private chat has the id of its person, so that one is never taken for a topic.
 */
export function readSessionKey(key: string, account: AccountId, shared: boolean): Address | undefined {
  const [prefix, chat, second, third, ...rest] = key.split(':');
  const numbers = [chat, second, third].filter((part) => part !== undefined);
  if (prefix !== PREFIX || chat === undefined || rest.length > 0) return undefined;
  if (!numbers.every((part) => /^-?\d{1,20}$/.test(part))) return undefined;
  const place = { account, chat, direct: !chat.startsWith('-') };
  if (third !== undefined) return { ...place, thread: second, user: third };
  if (second === undefined) return place.direct ? { ...place, user: chat } : place;
  if (shared && second !== chat) return { ...place, thread: second, ...(place.direct ? { user: chat } : {}) };
  return { ...place, user: second };
}
