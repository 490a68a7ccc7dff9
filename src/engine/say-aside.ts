import type { Address } from '../core/address.ts';
import { describeError } from '../core/errors.ts';
import type { Log, Platform } from '../core/platform.ts';
import { sortableId } from '../kit/ids.ts';

const deadlineMs = 15_000;

/**
 * Says something at once, past what waits for this chat: of use only when the store is what everything waits for.
 * Best effort: a failure is logged.
 */
export async function sayAside(platform: Platform, to: Address, markdown: string, log: Log): Promise<void> {
  try {
    for (const part of platform.render({ kind: 'text', markdown }, to))
      await platform.send(to, part, `aside-${sortableId()}`, AbortSignal.timeout(deadlineMs));
  } catch (error) {
    log.info({ error: describeError(error) }, 'a word aside was not said');
  }
}
