import { describe, expect, test } from 'vitest';
import { idAt, Memory } from '../../../src/platforms/discord/memory.ts';
import { strangers } from '../../../src/platforms/discord/strangers.ts';
import { recordingLog } from '../../conformance/recording-sink.ts';

const since = idAt(Date.UTC(2026, 0, 2));
const later = idAt(Date.UTC(2026, 0, 3));
const server = (joined_at?: string) => ({
  id: '900',
  ...(joined_at ? { joined_at } : {}),
  channels: [
    { id: '1', type: 0, last_message_id: later },
    { id: '2', type: 0, last_message_id: idAt(Date.UTC(2026, 0, 1)) },
    { id: '3', type: 15, last_message_id: later },
    { id: '4', type: 0, last_message_id: null },
  ],
  threads: [{ id: '5', type: 11, parent_id: '1', last_message_id: later }],
});
const knowing = (...ids: string[]) => ({
  since,
  channel: (id: string) => (ids.includes(id) ? { last: since } : undefined),
});

describe('channels in which something may have been said to the bot', () => {
  test('are those with words after the last one heard, not known yet', () => {
    expect(strangers(server(), knowing()).map(({ id }) => id)).toEqual(['1', '5']);
    expect(strangers(server(), knowing('1'))).toEqual([
      { id: '5', last: since, gap: since, guild: '900', parent: '1' },
    ]);
  });

  test('are none of a server that was joined after that, and none for a bot that is new', () => {
    expect(strangers(server('2026-01-02T12:00:00Z'), knowing())).toEqual([]);
    expect(strangers(server('2025-06-01T00:00:00Z'), knowing())).toHaveLength(2);
    expect(strangers(server(), { since: undefined, channel: () => undefined })).toEqual([]);
  });

  test('never take the room of those in which it was spoken to', () => {
    const memory = new Memory('/nowhere/at/all.json', recordingLog());
    for (let at = 0; at < 500; at++) expect(memory.wonder(`${1000 + at}`, { last: since })).toBe(true);
    expect(memory.wonder('9999', { last: since })).toBe(false);
    expect(memory.channel('1000')).toBeDefined();
    expect(memory.channel('9999')).toBeUndefined();
  });

  test('begin to be wondered about at the moment a server goes away', () => {
    const memory = new Memory('/nowhere/at/all.json', recordingLog());
    memory.hear(since);
    memory.begin({ id: 's', resumeUrl: 'wss://x', seq: 1 });
    memory.hear(later);
    expect(memory.since).toBe(since);
    memory.lapse();
    expect(memory.since).toBe(later);
  });
});
