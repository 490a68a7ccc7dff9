import type { Address } from '../core/address.ts';
import { laneOf } from '../core/address.ts';
import type { AccountId } from '../core/ids.ts';
import type { MigrateInbound } from '../core/inbound.ts';
import { persist } from './persist.ts';
import type { ProjectContext } from './project-context.ts';

/** A chat got a new id: conversations, waiting messages and unsent parts follow it. */
export async function migrateChat(
  context: ProjectContext,
  account: AccountId,
  fromChat: string,
  inbound: MigrateInbound,
): Promise<void> {
  const link = context.links.get(account);
  if (!link) return;
  const toChat = inbound.address.chat;
  const moved = (address: Address): Address =>
    address.chat === fromChat ? { ...address, chat: toChat } : address;
  const here = (address: Address | null): boolean =>
    address?.account === account && address.chat === fromChat;
  const sessions = context.queries.sessionsOfProject(context.name).flatMap((row) => {
    if (!row.address || !here(row.address)) return [];
    const address = moved(row.address);
    return [
      { id: row.id, sessionKey: link.platform.sessionKey(address, { id: row.address.user ?? '' }), address },
    ];
  });
  const inputs = context.queries.openInputs(context.name).flatMap((row) => {
    if (!here(row.body.address)) return [];
    const body = { ...row.body, address: moved(row.body.address) };
    return [{ id: row.id, sessionKey: link.platform.sessionKey(body.address, body.sender), body }];
  });
  const rows = context.queries.openParts(context.name).flatMap((row) => {
    if (!here(row.address)) return [];
    const address = moved(row.address);
    return [{ id: row.id, address, lane: laneOf(address) }];
  });
  await persist(context, 'migrateChat', { account, rows, sessions, inputs });
  context.log.info({ account, fromChat, toChat, sessions: sessions.length }, 'chat has a new id');
}
