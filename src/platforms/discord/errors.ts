import { AppError, type ErrorKind } from '../../core/errors.ts';

/**
 * What a call does when it is repeated. `send`: makes something, so an unknown outcome must be told as `ambiguous`;
 * `repeatable`: changes nothing more, so an unknown outcome is just a failed attempt.
 */
export type CallKind = 'send' | 'repeatable';

/** Service codes for things that are not there (any more). */
const GONE: ReadonlySet<number> = new Set([10003, 10004, 10008, 10013, 10014, 10015, 10062, 50083]);
/** Codes for missing rights, with what a person can do. */
const NO_RIGHT: Readonly<Record<number, string>> = {
  50001: 'give the bot the right to see this channel',
  50007:
    'the person does not take direct messages from this bot: they must share a server with it and allow messages',
  50013:
    'give the role of the bot the rights Send Messages, Embed Links, Attach Files and Create Public Threads here',
  160002: 'give the bot the right Read Message History here',
};

/** Connection errors at which no request can have reached the service. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EAI_FAIL|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|EPROTO|CERT_\w+|ERR_TLS\w*|ERR_SSL\w*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT\w*|UNABLE_TO_\w+)$/;

interface Thrown {
  readonly name?: unknown;
  readonly status?: unknown;
  readonly code?: unknown;
  readonly rawError?: { readonly message?: unknown; readonly errors?: unknown };
  readonly retryAfter?: unknown;
  readonly timeToReset?: unknown;
  readonly sublimitTimeout?: unknown;
}

/** Turns what discord.js threw into an `AppError`. Only words chosen here or by the service get out. */
export function toAppError(error: unknown, what: string, kind: CallKind, aborted: boolean): AppError {
  if (error instanceof AppError) return error;
  const thrown = (typeof error === 'object' && error !== null ? error : {}) as Thrown;
  const unknown: ErrorKind = kind === 'send' ? 'ambiguous' : 'network';
  if (typeof thrown.timeToReset === 'number') return limited(thrown, what);
  if (typeof thrown.status === 'number') return refused(thrown, thrown.status, what, kind);
  if (aborted) return new AppError('discord_aborted', `${what} was aborted`, { kind: unknown });
  if (thrown.name === 'AbortError')
    return new AppError('discord_timeout', `${what} got no answer in time`, { kind: unknown });
  const code = typeof thrown.code === 'string' ? thrown.code : 'no code';
  if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR')
    return new AppError('file_missing', 'the file to send cannot be read', { kind: 'missing' });
  if (neverSent.test(code))
    return new AppError('discord_unreachable', `Discord cannot be reached (${code})`, {
      kind: 'network',
      advice: 'check the network of this machine, the proxy and api_url',
    });
  if (error instanceof SyntaxError)
    return new AppError('discord_broken_answer', `${what} was answered with something that is not JSON`, {
      kind: kind === 'send' ? 'ambiguous' : 'unavailable',
    });
  return new AppError('discord_connection', `the connection broke during ${what} (${code})`, {
    kind: unknown,
  });
}

function limited(thrown: Thrown, what: string): AppError {
  const waits = [thrown.retryAfter, thrown.timeToReset, thrown.sublimitTimeout].filter(
    (ms): ms is number => typeof ms === 'number' && Number.isFinite(ms),
  );
  return new AppError('discord_rate_limit', `${what}: too many requests`, {
    kind: 'rate_limit',
    retryAfterMs: Math.max(100, ...waits),
  });
}

function refused(thrown: Thrown, status: number, what: string, kind: CallKind): AppError {
  const code = typeof thrown.code === 'number' ? thrown.code : 0;
  const said = typeof thrown.rawError?.message === 'string' ? thrown.rawError.message : `status ${status}`;
  const detail =
    thrown.rawError?.errors === undefined ? '' : ` ${JSON.stringify(thrown.rawError.errors).slice(0, 300)}`;
  const make = (name: string, errorKind: ErrorKind, advice?: string) =>
    new AppError(name, `${what}: ${said}${code === 0 ? '' : ` (${code})`}${detail}`, {
      kind: errorKind,
      ...(advice ? { advice } : {}),
    });
  if (status >= 500) return make('discord_broken', kind === 'send' ? 'ambiguous' : 'unavailable');
  if (status === 401)
    return make(
      'discord_token',
      'auth',
      'the bot token is wrong or was reset: copy a new one from the Developer Portal',
    );
  if (GONE.has(code)) return make('discord_not_found', 'not_found');
  if (status === 413 || code === 40005)
    return make('discord_too_large', 'validation', 'the server takes no larger files: see max_upload_mb');
  if (code in NO_RIGHT) return make('discord_no_right', 'permission', NO_RIGHT[code]);
  if (status === 403) return make('discord_no_right', 'permission');
  if (status === 404) return make('discord_not_found', 'not_found');
  return make(`discord_refused_${code}`, 'validation');
}

/** The service code of a refusal, or undefined. */
export function refusalCode(error: unknown): number | undefined {
  if (!(error instanceof AppError)) return undefined;
  const found = /\((\d+)\)/.exec(error.message)?.[1];
  return found === undefined ? undefined : Number(found);
}
