import { AppError, describeError } from '../core/errors.ts';
import type { Log } from '../core/platform.ts';
import type { Store, Urgency } from '../store/store.ts';
import type { TransactionArgs, TransactionName, TransactionResult } from '../store/transactions.ts';

const longestWaitMs = 5_000;

/**
 * A change that follows from something that has already happened: it must be stored, so a full or locked disk is
 * waited out. Rejects only when the store is closed, the change itself is wrong, or `signal` ends.
 */
export async function persist<N extends TransactionName>(
  deps: { readonly store: Store; readonly log: Log },
  name: N,
  args: TransactionArgs<N>,
  signal?: AbortSignal,
  urgency: Urgency = 'awaited',
): Promise<TransactionResult<N>> {
  for (let waitMs = 100; ; waitMs = Math.min(longestWaitMs, waitMs * 2)) {
    try {
      return await deps.store.commit(name, args, urgency);
    } catch (error) {
      const temporary = error instanceof AppError && error.kind === 'unavailable';
      if (!temporary || signal?.aborted) throw error;
      deps.log.error({ change: name, error: describeError(error) }, 'a change cannot be stored yet');
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/** Whether it failed only because the daemon is stopping: recovery makes up for it at the next start. */
export function isStopping(error: unknown): boolean {
  return error instanceof AppError && error.code === 'store_closed';
}

/** Starts a change; a failure is logged, never thrown. Resolves when it is over, for those who care. */
export function persistSoon<N extends TransactionName>(
  deps: { readonly store: Store; readonly log: Log },
  name: N,
  args: TransactionArgs<N>,
): Promise<unknown> {
  return persist(deps, name, args, undefined, 'in_company').catch((error: unknown) => {
    deps.log[isStopping(error) ? 'debug' : 'error'](
      { change: name, error: describeError(error) },
      'a change was not stored',
    );
  });
}
