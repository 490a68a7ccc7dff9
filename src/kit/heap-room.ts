import { setFlagsFromString } from 'node:v8';

/** The heap may grow by this much of what a collection left, before the next one of the old generation. */
const GROWTH_PERCENT = 200;

let given = false;

/**
 * Lets the heap grow further before all of it is collected. Much of what a turn makes lives until its end, so V8, which
 * gives a small heap little room, marked all of it every 2 s under load, in steps of up to 13 ms in which every message
 * waits. An idle daemon is left as it is: V8 collects in pauses what is no longer used. A V8 that does not know the flag
 * says so on stderr and goes on.
 */
export function giveHeapRoom(): void {
  if (given) return;
  given = true;
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
