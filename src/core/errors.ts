/** One error type for everything a person may have to act on. */

export type ErrorKind =
  | 'rate_limit' // try again after `retryAfterMs`
  | 'auth' // token revoked, not logged in
  | 'not_found' // chat, message, session, file gone
  | 'permission' // the bot or user lacks a right
  | 'validation' // what we were given or sent is malformed
  | 'network' // nothing reached the other side
  | 'ambiguous' // it may or may not have happened
  | 'budget' // every further attempt makes it worse (send budgets)
  | 'conflict' // another instance is using the same thing
  | 'unavailable' // the other side answered that it is broken (5xx)
  | 'missing' // a program or file that must exist does not
  | 'permanent'; // will never work as asked

export interface AppErrorOptions {
  readonly kind?: ErrorKind;
  /** What the person should do, in plain words. */
  readonly advice?: string;
  readonly cause?: unknown;
  /** Milliseconds to wait before the next attempt; only for `rate_limit` and `unavailable`. */
  readonly retryAfterMs?: number;
}

/**
 * An error with a stable code, a message that names the thing that is wrong, and advice.
 * Messages never contain secrets.
 */
export class AppError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly advice: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.kind = options.kind ?? 'permanent';
    this.advice = options.advice;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The kind of any thrown value; unknown errors count as `ambiguous`, the safest reading for a send. */
export function kindOf(error: unknown): ErrorKind {
  return error instanceof AppError ? error.kind : 'ambiguous';
}

/** Message plus advice in one line, for logs and terminals. */
export function describeError(error: unknown): string {
  if (error instanceof AppError) return error.advice ? `${error.message} (${error.advice})` : error.message;
  return error instanceof Error ? error.message : String(error);
}
