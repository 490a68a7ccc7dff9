import type { Address } from '../../core/address.ts';
import { type AccountId, asId, type SessionKey } from '../../core/ids.ts';
import type { Sender } from '../../core/inbound.ts';
import type { FeishuOptions } from './options.ts';

/** `feishu:<chat>:<user>`, `feishu:<chat>` or `feishu:<chat>:root:<message>`; the user may be the presser of a button. */
export function sessionKeyOf(options: FeishuOptions, address: Address, sender: Sender): SessionKey {
  const base = `${options.type}:${address.chat}`;
  if (options.threadIsolation && !address.direct && address.thread)
    return asId(`${base}:root:${address.thread}`);
  return asId(options.shareSession ? base : `${base}:${address.user ?? sender.id}`);
}

/** The way back. Whether the chat is a direct one is not in the key: `isDirect` may know. */
export function addressOf(
  options: FeishuOptions,
  account: AccountId,
  key: string,
  isDirect: (chat: string) => boolean,
): Address | undefined {
  const [type, chat, second, third, ...rest] = key.split(':');
  if (type !== options.type || !chat || rest.length > 0) return undefined;
  if (second === undefined) return { account, chat, direct: isDirect(chat) };
  if (second === 'root') {
    if (!third) return undefined;
    return { account, chat, thread: third, direct: false, replyTo: third };
  }
  if (second === '' || third !== undefined) return undefined;
  return { account, chat, direct: isDirect(chat) || chat.startsWith('ou_'), user: second };
}
