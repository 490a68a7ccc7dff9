import { setMaxListeners } from 'node:events';
import { AppError } from '../core/errors.ts';

/** What a call that took too long ends with. */
export class DeadlineError extends AppError {
  constructor(what: string, ms: number) {
    super('deadline', `${what} took longer than ${ms} ms`, { kind: 'ambiguous' });
    this.name = 'DeadlineError';
  }
}

/**
 * Runs a task with a signal that aborts after `ms` or with a parent, whichever
 * is first, and rejects at that moment with a {@link DeadlineError} or the
 * parent's reason even when the task ignores the signal. Leaves no timer and
 * no listener behind.
 */
export async function withDeadline<T>(
  what: string,
  ms: number,
  parent: AbortSignal | readonly AbortSignal[] | undefined,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const parents = parent === undefined ? [] : [parent].flat();
  for (const one of parents) one.throwIfAborted();
  const { signal, end } = limitOf(ms, parents, () => new DeadlineError(what, ms));
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    return await Promise.race([task(signal), aborted]);
  } finally {
    end();
  }
}

/**
 * Runs a task with a signal that aborts after `ms` or with one of `parents`, whichever is first; the task ends when it
 * sees fit. Keeps no process alive, and leaves no timer and no listener behind. `AbortSignal.timeout` comes later all the
 * same and makes an error with a stack nobody reads; and on Node 20 `AbortSignal.any` loses a timeout nobody else holds,
 * and keeps an entry on parents that live long.
 */
export async function limited<T>(
  ms: number,
  parents: readonly AbortSignal[],
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, timer, end } = limitOf(ms, parents, () => timeout(ms));
  timer.unref();
  try {
    return await task(signal);
  } finally {
    end();
  }
}

/** `end` lets go of the timer and the parents; so does the abort. */
interface Limit {
  readonly signal: AbortSignal;
  readonly timer: NodeJS.Timeout;
  readonly end: () => void;
}

function limitOf(ms: number, parents: readonly AbortSignal[], reason: () => Error): Limit {
  const controller = new AbortController();
  const end = () => {
    clearTimeout(timer);
    for (const parent of parents) parent.removeEventListener('abort', follow);
  };
  const abort = (cause: unknown) => {
    end();
    controller.abort(cause);
  };
  const follow = (event: Event) => abort((event.target as AbortSignal).reason);
  const timer = setTimeout(() => abort(reason()), ms);
  // As many as run at once; none stays longer.
  if (parents.length > 0) setMaxListeners(0, ...parents);
  for (const parent of parents) parent.addEventListener('abort', follow, { once: true });
  const over = parents.find((parent) => parent.aborted);
  if (over) abort(over.reason);
  return { signal: controller.signal, timer, end };
}

function timeout(ms: number): Error {
  return new DOMException(`not done within ${ms} ms`, 'TimeoutError');
}
