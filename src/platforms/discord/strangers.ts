import { idAt, isNewer, type KnownChannel, type Memory } from './memory.ts';
import { list, record, word } from './places.ts';

/** Channels per server that are looked into, the most recent first. */
const MOST = 50;
/** Text, voice, announcements, stage, and threads. Forums hold threads, not messages. */
const SPOKEN_IN: ReadonlySet<number> = new Set([0, 2, 5, 10, 11, 12, 13]);

/**
 * The channels of a server (as its `GUILD_CREATE` tells them) that are not known, and in which something was written
 * after the last message a session told: perhaps to the bot. Direct messages are told by nobody.
 */
export function strangers(
  server: Readonly<Record<string, unknown>>,
  memory: Pick<Memory, 'since' | 'channel'>,
): readonly (KnownChannel & { readonly id: string })[] {
  const { since } = memory;
  const guild = word(server.id);
  if (since === undefined || guild === undefined) return [];
  // Before it was in a server nobody spoke to it there.
  const joinedAt = Date.parse(word(server.joined_at) ?? '');
  if (joinedAt > 0 && isNewer(idAt(joinedAt), since)) return [];
  return [...list(server.channels), ...list(server.threads)]
    .map(record)
    .flatMap((channel) => {
      const id = word(channel.id);
      const newest = word(channel.last_message_id);
      const parent = Number(channel.type) >= 10 ? word(channel.parent_id) : undefined;
      if (id === undefined || newest === undefined || !SPOKEN_IN.has(Number(channel.type))) return [];
      if (!isNewer(newest, since) || memory.channel(id) !== undefined) return [];
      return [{ newest, found: { id, last: since, gap: since, guild, ...(parent ? { parent } : {}) } }];
    })
    .sort((a, b) => (isNewer(a.newest, b.newest) ? -1 : 1))
    .slice(0, MOST)
    .map(({ found }) => found);
}
