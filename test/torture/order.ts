import type { StoredInput } from './evidence.ts';

/** Something a person wrote, as it was stored, and where its result stands in the chat. */
export interface Placed {
  readonly name: string;
  readonly row: StoredInput;
  readonly position: number;
}

/**
 * What may pass between taking a message in and its being on disk, and between the start of a message and the record
 * of that: what arrives meanwhile comes too late for it.
 * An album waits for the rest of itself, and of a command only the end is recorded.
 */
const leewayMs = { plain: 1000, album: 3000, command: 2500 } as const;

/**
 * Pairs whose order is not what docs/durability.md promises. `written` is in the order of writing: what waits
 * together in a conversation has its results in that order. Only what had begun before an earlier message was there may
 * stand before it.
 */
export function outOfOrder(written: readonly Placed[]): string[] {
  return written.flatMap((earlier, at) =>
    written
      .slice(at + 1)
      .filter((later) => later.position < earlier.position && !mayOvertake(later.row, earlier.row))
      .map((later) => `${later.name} was answered before ${earlier.name} (${times(later.row, earlier.row)})`),
  );
}

function mayOvertake(later: StoredInput, earlier: StoredInput): boolean {
  if (later.sessionKey !== earlier.sessionKey) return true;
  // The platform itself does not say which was first.
  if (later.platformAt === earlier.platformAt && later.id < earlier.id) return true;
  const began = later.startedAt ?? later.finishedAt;
  const leeway = later.startedAt === null ? leewayMs.command : leewayMs[later.album ? 'album' : 'plain'];
  return began !== null && began < earlier.receivedAt + leeway;
}

function times(later: StoredInput, earlier: StoredInput): string {
  return `written at ${later.platformAt} and ${earlier.platformAt}, stored at ${later.receivedAt} and ${earlier.receivedAt}, the later one began at ${later.startedAt ?? later.finishedAt}`;
}
