import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Dice } from './dice.ts';

/** A moment told by the calls that the daemon makes: when the n-th one comes, or so long after its answer. */
export interface Moment {
  readonly nth: number;
  readonly when: 'asked' | 'answered';
  readonly afterMs: number;
}

interface Happening {
  readonly request: IncomingMessage;
  readonly socket: Socket;
}

const asked = 'http.server.request.start';
const answered = 'http.server.response.finish';
/** They come whether or not anything happens. */
const polls = /get_?updates/i;

/** Between a call and the record of its answer are few ms: times drawn at random hardly ever hit them. */
export function momentOf(dice: Dice, mostCalls: number): Moment {
  const when = dice.pick<Moment['when']>(['asked', 'answered']);
  return { nth: dice.between(1, mostCalls), when, afterMs: when === 'asked' ? 0 : dice.between(0, 8) };
}

/** Calls `strike` at this moment of the simulated services at these addresses; the result ends the wait. */
export function strikeAt(urls: readonly string[], moment: Moment, strike: () => void): () => void {
  const ports = new Set(urls.map((url) => Number(new URL(url).port)));
  const channel = moment.when === 'asked' ? asked : answered;
  let count = 0;
  let timer: NodeJS.Timeout | undefined;
  const notice = (message: unknown) => {
    const { request, socket } = message as Happening;
    if (!ports.has(socket.localPort ?? 0) || polls.test(request.url ?? '')) return;
    count += 1;
    if (count !== moment.nth) return;
    if (moment.afterMs === 0) strike();
    else timer = setTimeout(strike, moment.afterMs);
  };
  subscribe(channel, notice);
  return () => {
    unsubscribe(channel, notice);
    clearTimeout(timer);
  };
}
