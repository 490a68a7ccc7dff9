import type { SessionKey } from '../core/ids.ts';
import type { MigrateInbound } from '../core/inbound.ts';
import type { Actors } from './actors.ts';
import type { ApprovalDesk } from './approval-desk.ts';
import type { ChatMove } from './chat-moves.ts';
import { persist } from './persist.ts';
import type { ProjectContext } from './project-context.ts';

/**
 * A chat got a new id: conversations, what runs and waits there, open requests and unsent parts follow it. First in
 * memory and without a pause, so that whatever is stored from then on names the new place; the store comes after it.
 */
export async function migrateChat(
  context: ProjectContext,
  parts: { readonly actors: Actors; readonly desk: ApprovalDesk },
  { fromChat, address }: MigrateInbound,
): Promise<void> {
  const { account } = address;
  const move: ChatMove = { account, from: fromChat, to: address.chat };
  const keys = renamedKeys(context, parts.actors, move);
  context.delivery.moveChat(move);
  parts.actors.rename(keys);
  parts.desk.moved((key) => parts.actors.keyNow(key));
  await persist(context, 'migrateChat', { project: context.name, ...move, keys: [...keys] });
  context.log.info({ ...move, keys: keys.size }, 'chat has a new id');
}

/** Every session key of the chat, as far as anything of it is stored or waits, with the one it has from now on. */
function renamedKeys(
  context: ProjectContext,
  actors: Actors,
  { account, from, to }: ChatMove,
): Map<SessionKey, SessionKey> {
  const keys = new Map<SessionKey, SessionKey>();
  const platform = context.links.get(account)?.platform;
  if (!platform) return keys;
  for (const row of context.queries.sessionsOfProject(context.name)) {
    const address = row.address ?? platform.parseSessionKey(row.sessionKey);
    if (address?.account !== account || address.chat !== from) continue;
    const user = { id: address.user ?? '' };
    // Where conversations are per person, one without its person keeps to itself.
    if (platform.sessionKey(address, user) !== row.sessionKey) continue;
    keys.set(row.sessionKey, platform.sessionKey({ ...address, chat: to }, user));
  }
  const inputs = [
    ...context.queries.openInputs(context.name),
    ...actors.all.flatMap(({ waiting }) => waiting),
  ];
  for (const { sessionKey, body } of inputs) {
    const { address, sender } = body;
    if (address.account !== account || address.chat !== from) continue;
    keys.set(sessionKey, platform.sessionKey({ ...address, chat: to }, sender));
  }
  for (const [old, now] of keys) if (old === now) keys.delete(old);
  return keys;
}
