import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, describeError } from '../core/errors.ts';
import type { Log } from '../core/platform.ts';

/** Kinds of failure that pass by themselves. */
const PASSING: ReadonlySet<unknown> = new Set(['rate_limit', 'network', 'unavailable']);
/** The wait doubles so often. */
const DOUBLINGS = 5;

export interface Patience {
  /** Wait after the first failure, ms; a service that names a wait of its own gets that. */
  readonly firstMs: number;
  /** @default without end */
  readonly attempts?: number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Asks until there is an answer: waits out what passes. For questions that may be repeated without harm.
 * @throws AppError for any other refusal and after the last attempt; the signal's reason when it ends a wait
 */
export async function patiently<T>(
  { firstMs, attempts = Number.POSITIVE_INFINITY, log, signal }: Patience,
  what: string,
  ask: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof AppError) || !PASSING.has(error.kind)) throw error;
      if (attempt >= attempts || signal.aborted) throw error;
      log.debug({ what, error: describeError(error) }, 'something is asked for again');
      const wait = error.retryAfterMs ?? firstMs * 2 ** Math.min(attempt - 1, DOUBLINGS);
      await sleep(wait, undefined, { signal });
    }
  }
}
