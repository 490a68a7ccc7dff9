import type { Address } from '../../core/address.ts';
import { type AccountId, asId, type SessionKey } from '../../core/ids.ts';

const PREFIX = 'weixin:dm:';

/** `weixin:dm:<person>`, the same as the Go cc-connect makes. */
export function makeSessionKey(address: Address): SessionKey {
  return asId<SessionKey>(`${PREFIX}${address.chat}`);
}

/** The direct chat behind a key. */
export function readSessionKey(key: string, account: AccountId): Address | undefined {
  const person = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : '';
  return person === '' ? undefined : directChat(account, person);
}

export function directChat(account: AccountId, person: string): Address {
  return { account, chat: person, direct: true, user: person };
}
