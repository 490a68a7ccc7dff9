import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, describeError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import type { Timing } from './timing.ts';

export interface Patience {
  readonly timing: Timing;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const PASSING: ReadonlySet<unknown> = new Set(['rate_limit', 'network', 'unavailable']);

/**
 * Asks until there is an answer: waits out what passes, as long as the service asks for or longer each time.
 * @returns undefined when the thing is gone or may not be seen
 * @throws AppError for any other refusal, and when the signal ends the waiting
 */
export async function askPatiently<T>(
  { timing, log, signal }: Patience,
  what: string,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.kind === 'not_found' || error.kind === 'permission') return undefined;
      if (!PASSING.has(error.kind)) throw error;
      log.debug({ what, error: describeError(error) }, 'something is asked for again');
      const wait = error.retryAfterMs ?? timing.retryMinMs * 2 ** Math.min(attempt, 5);
      await sleep(wait, undefined, { signal });
    }
  }
}
