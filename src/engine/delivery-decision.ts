/** What becomes of a message after an attempt to send it: how long it may take, whether and when to try again. */
import { AppError, type ErrorKind } from '../core/errors.ts';
import type { Outgoing, Part } from '../core/outgoing.ts';
import type { Platform } from '../core/platform.ts';
import type { OutboxRow } from '../store/rows.ts';

/** How the waits between attempts grow. */
const firstWaitMs = 500;
const longestWaitMs = 60_000;
/** Attempts that were refused for a reason that looked temporary but never ends. */
const maxRefusals = 8;

/** After this long no message is made only to be taken away, or to say that its turn is over; ms. */
const keyedRepeatMs = 600_000;

/** How long one attempt to send may take. */
export function attemptMs(row: OutboxRow): number {
  return row.part.kind === 'file' ? 600_000 : 60_000;
}

/** What a message that is to be changed stood in has another id now. */
export function messageLeft(): AppError {
  return new AppError('chat_moved', 'the message stands in a chat that has moved', { kind: 'not_found' });
}

/** Whether a creation nobody heard of is found by repeating it: the platform still knows its key. */
export function isFoundByRepeat(platform: Platform, createdAt: number): boolean {
  const { delivery } = platform.capabilities;
  return delivery.kind === 'keyed' && Date.now() - createdAt <= Math.min(delivery.windowMs, keyedRepeatMs);
}

/** What follows from a failed attempt. */
export interface Decision {
  /** `sending`: it may have arrived, also for a later life of the daemon. */
  readonly state: 'pending' | 'sending' | 'held' | 'dead';
  readonly waitMs: number;
  readonly ambiguous?: boolean;
  /** Stop editing: send as a message of its own. */
  readonly resend?: boolean;
}

/** Reads an error as: wait, hold, give up, or send otherwise. */
export function decide(kind: ErrorKind, attempts: number, error: unknown, row: OutboxRow): Decision {
  const grown = growing(attempts);
  const asked = error instanceof AppError ? error.retryAfterMs : undefined;
  const idempotent = row.editRef !== null || row.previewId !== null;
  switch (kind) {
    case 'rate_limit':
      return { state: 'pending', waitMs: asked ?? grown };
    case 'budget':
      return { state: 'held', waitMs: asked ?? 3_600_000 };
    case 'network':
    case 'unavailable':
      return { state: 'pending', waitMs: Math.max(asked ?? 0, grown) };
    case 'ambiguous':
      return { state: idempotent ? 'pending' : 'sending', waitMs: grown, ambiguous: !idempotent };
    case 'auth':
    case 'conflict':
      return { state: 'pending', waitMs: Math.max(10_000, grown) };
    case 'not_found':
      // The message to edit is gone: an approval that was answered needs no second copy, an answer does.
      if (idempotent)
        return row.approvalId ? { state: 'dead', waitMs: 0 } : { state: 'pending', waitMs: 0, resend: true };
      return { state: 'dead', waitMs: 0 };
    case 'validation':
    case 'permission':
    case 'missing':
    case 'permanent':
      if (idempotent && !row.approvalId && attempts < maxRefusals)
        return { state: 'pending', waitMs: 0, resend: true };
      return { state: 'dead', waitMs: 0 };
  }
}

/** Kinds of failure after which the same call may succeed later. */
export const passing: ReadonlySet<ErrorKind> = new Set(['rate_limit', 'network', 'unavailable', 'ambiguous']);

/** Milliseconds before the next attempt, growing with their number. */
export function growing(attempts: number): number {
  const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(attempts - 1, 10));
  return Math.ceil(wait * (0.75 + Math.random() / 2));
}

/** The part again, marked so that nobody takes the repeat for a second answer. */
export function markRepeat(platform: Platform, row: OutboxRow): Part {
  if (platform.marked) return platform.marked(row.part);
  if (row.part.kind !== 'text') return row.part;
  const content: Outgoing = { kind: 'text', markdown: `↻ ${row.part.plain}` };
  const [marked, ...more] = platform.render(content, row.address);
  // With its mark it would need a second message: better unmarked than cut off.
  return marked && more.length === 0 ? marked : row.part;
}
