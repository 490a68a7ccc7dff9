import { AppError } from '../core/errors.ts';

/** What a call that took too long ends with. */
export class DeadlineError extends AppError {
  constructor(what: string, ms: number) {
    super('deadline', `${what} took longer than ${ms} ms`, { kind: 'ambiguous' });
    this.name = 'DeadlineError';
  }
}

/**
 * Runs a task with a signal that aborts after `ms` or with `parent`, whichever
 * is first, and rejects at that moment with a {@link DeadlineError} or the
 * parent's reason even when the task ignores the signal. Leaves no timer and
 * no listener behind.
 */
export async function withDeadline<T>(
  what: string,
  ms: number,
  parent: AbortSignal | undefined,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent?.throwIfAborted();
  const controller = new AbortController();
  const { signal } = controller;
  const timer = setTimeout(() => controller.abort(new DeadlineError(what, ms)), ms);
  const follow = () => controller.abort(parent?.reason);
  parent?.addEventListener('abort', follow, { once: true });
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    return await Promise.race([task(signal), aborted]);
  } finally {
    clearTimeout(timer);
    parent?.removeEventListener('abort', follow);
  }
}

/**
 * A signal that aborts after `ms` or with one of `parents`, whichever is first. Node 20 holds what `AbortSignal.any` is
 * made of by weak references only: a plain timeout that nobody else holds would be collected and never come.
 */
export function within(ms: number, ...parents: readonly AbortSignal[]): AbortSignal {
  const late = AbortSignal.timeout(ms);
  // A timeout somebody listens to is kept until it has come.
  late.addEventListener('abort', () => {}, { once: true });
  return AbortSignal.any([late, ...parents]);
}
