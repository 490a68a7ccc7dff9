import { kindOf } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { patiently } from '../../kit/patiently.ts';
import type { Timing } from './timing.ts';

export interface Patience {
  readonly timing: Timing;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Asks until there is an answer, as `patiently` does.
 * @returns undefined when the thing is gone or may not be seen
 */
export async function askPatiently<T>(
  { timing, log, signal }: Patience,
  what: string,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await patiently({ firstMs: timing.retryMinMs, log, signal }, what, ask);
  } catch (error) {
    if (!['not_found', 'permission'].includes(kindOf(error))) throw error;
    return undefined;
  }
}
