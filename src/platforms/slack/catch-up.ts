import { describeError, kindOf } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { patiently } from '../../kit/patiently.ts';
import type { SlackApi } from './api.ts';
import type { SeenPlace, SeenPlaces } from './seen.ts';
import { compareStamps, list, record, stamp, type Wire, word } from './wire.ts';

const PLACES = 200;
const PAGE = 200;
const PAGES = 20;
const ATTEMPTS = 6;
const RETRY_MS = 500;

/** A place that is not advanced before it was read. */
export interface HeldPlace {
  readonly place: SeenPlace;
  readonly hold: number;
}

/** Known places, the most recent first, from now on held. */
export function holdKnown(seen: SeenPlaces): HeldPlace[] {
  const places = seen.places().slice(0, PLACES);
  return places.map((place) => ({ place, hold: seen.hold(place.chat, place.thread, place.ts) }));
}

/**
 * Reads what places said while nobody was connected: the service repeats events for a few minutes only.
 * `take` is given each message as an event, oldest first; what it has seen already does no harm. What is said
 * meanwhile does not count as seen before a place is read to its end, so a kill loses nothing.
 * @returns whether all could be read; else it is worth another try later
 */
export async function catchUp(
  api: SlackApi,
  seen: SeenPlaces,
  held: readonly HeldPlace[],
  take: (event: Wire) => Promise<void>,
  log: Log,
  signal: AbortSignal,
): Promise<boolean> {
  let whole = true;
  for (const { place, hold } of held) {
    try {
      const missed = await read(api, place, log, signal);
      for (const message of missed) await take({ ...message, type: 'message', channel: place.chat });
      seen.release(place, hold, stamp(missed.at(-1)?.ts));
      if (missed.length > 0) log.info({ messages: missed.length }, 'read what was missed in a channel');
    } catch (error) {
      if (signal.aborted) return false;
      // Channels the bot has left, or rights it lacks: the others go on.
      const closed = ['not_found', 'permission'].includes(kindOf(error));
      const level = closed ? 'debug' : 'warn';
      log[level]({ error: describeError(error) }, 'what was missed in a channel could not be read');
      if (kindOf(error) === 'auth') return true;
      if (closed) seen.release(place, hold);
      else whole = false;
    }
  }
  return whole;
}

async function read(api: SlackApi, place: SeenPlace, log: Log, signal: AbortSignal): Promise<Wire[]> {
  const found: Wire[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const from = cursor;
    const answer = await patiently({ firstMs: RETRY_MS, attempts: ATTEMPTS, log, signal }, 'history', () =>
      api.call(
        place.thread === undefined ? 'conversations.history' : 'conversations.replies',
        {
          channel: place.chat,
          ...(place.thread === undefined ? {} : { ts: place.thread }),
          oldest: place.ts,
          inclusive: false,
          limit: PAGE,
          ...(from === undefined ? {} : { cursor: from }),
        },
        { kind: 'repeatable', signal },
      ),
    );
    for (const message of list(answer.messages).map(record)) {
      const ts = stamp(message.ts);
      // A thread is always told with its first message.
      if (ts !== undefined && compareStamps(ts, place.ts) > 0) found.push(message);
    }
    cursor = word(record(answer.response_metadata).next_cursor);
    if (answer.has_more !== true || cursor === undefined) break;
    if (page === PAGES - 1)
      log.error({ messages: found.length }, 'more was written meanwhile than is caught up with');
  }
  return found.sort((a, b) => compareStamps(String(a.ts), String(b.ts)));
}
