import { AppError, type ErrorKind } from '../../core/errors.ts';

/**
 * What a call does when it is repeated. `send`: posts again, so an unknown outcome must be told as `ambiguous`;
 * `repeatable`: changes nothing more, so an unknown outcome is just a failed attempt.
 */
export type CallKind = 'send' | 'repeatable';

interface ApiRefusal {
  readonly error_code: number;
  readonly description: string;
  readonly parameters?: { readonly retry_after?: number; readonly migrate_to_chat_id?: number };
}

/** An `AppError` that keeps the new id when a group has become a supergroup. */
export class MigratedError extends AppError {
  readonly toChat: string;

  constructor(toChat: string) {
    super('telegram_migrated', 'the group has become a supergroup', { kind: 'not_found' });
    this.toChat = toChat;
  }
}

/** Seconds to wait when a 429 does not say. */
const DEFAULT_RETRY_S = 5;

const notFound =
  /chat not found|message to (edit|delete|react|forward|copy) not found|message_id_invalid|message thread not found|topic_(deleted|closed)|group chat was deactivated|user not found|peer_id_invalid|wrong file_?id|file is temporarily unavailable/i;
const noRight =
  /not enough rights|have no rights|administrator rights|chat_write_forbidden|need to be (an? )?(admin|member)|chat_admin_required|can't be (edited|deleted)|chat_send_\w+_forbidden/i;

/** Connection errors at which no request can have reached the service. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EAI_FAIL|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|EPROTO|CERT_\w+|ERR_TLS\w*|ERR_SSL\w*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT\w*|UNABLE_TO_\w+)$/;

/** Turns whatever grammY threw into an `AppError`. Only words chosen here get out: grammY's own may hold the URL. */
export function toAppError(
  error: unknown,
  method: string,
  kind: CallKind,
  aborted?: 'caller' | 'deadline',
): AppError {
  if (isRefusal(error)) return refused(error, method, kind);
  const unknown: ErrorKind = kind === 'send' ? 'ambiguous' : 'network';
  if (aborted)
    return new AppError(
      aborted === 'caller' ? 'telegram_aborted' : 'telegram_timeout',
      aborted === 'caller' ? `${method} was aborted` : `${method} got no answer in time`,
      { kind: unknown },
    );
  if (error instanceof AppError) return error;
  const inner = innerError(error);
  const code = inner.code;
  if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR')
    return new AppError('file_missing', 'the file to send cannot be read', { kind: 'missing' });
  if (inner.type === 'invalid-json')
    return new AppError('telegram_broken_answer', `${method} was answered with something that is not JSON`, {
      kind: kind === 'send' ? 'ambiguous' : 'unavailable',
    });
  const connecting = code === 'ETIMEDOUT' && !/\b(read|write) ETIMEDOUT/.test(inner.message);
  if (connecting || neverSent.test(code))
    return new AppError('telegram_unreachable', `Telegram cannot be reached (${code})`, {
      kind: 'network',
      advice: 'check the network of this machine, the proxy and api_base',
    });
  return new AppError('telegram_connection', `the connection broke during ${method} (${code || 'no code'})`, {
    kind: unknown,
  });
}

function refused(error: ApiRefusal, method: string, kind: CallKind): AppError {
  const { error_code: status, description } = error;
  const migrated = error.parameters?.migrate_to_chat_id;
  if (migrated !== undefined) return new MigratedError(String(migrated));
  const make = (code: string, errorKind: ErrorKind, advice?: string, retryAfterMs?: number) =>
    new AppError(code, `${method}: ${description}`, {
      kind: errorKind,
      ...(advice ? { advice } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  if (status === 429) {
    const seconds = error.parameters?.retry_after ?? DEFAULT_RETRY_S;
    return make('telegram_rate_limit', 'rate_limit', undefined, seconds * 1000);
  }
  if (status >= 500) return make('telegram_broken', kind === 'send' ? 'ambiguous' : 'unavailable');
  if (status === 401 || (status === 404 && description === 'Not Found'))
    return make('telegram_token', 'auth', 'the bot token is wrong or revoked: get a new one from @BotFather');
  if (status === 404) return make('telegram_method', 'permanent');
  if (status === 409)
    return make(
      'telegram_conflict',
      'conflict',
      'another instance is polling with this token: stop it, or give this one a bot of its own',
    );
  if (status === 413) return make('telegram_too_large', 'validation', 'Telegram takes files up to 50 MB');
  if (status === 403) return make('telegram_forbidden', 'permission');
  if (notFound.test(description)) return make('telegram_not_found', 'not_found');
  if (noRight.test(description)) return make('telegram_no_right', 'permission');
  return make('telegram_refused', 'validation');
}

function isRefusal(error: unknown): error is ApiRefusal {
  return (
    typeof error === 'object' &&
    error !== null &&
    typeof (error as ApiRefusal).error_code === 'number' &&
    typeof (error as ApiRefusal).description === 'string'
  );
}

function innerError(error: unknown): { code: string; type: string; message: string } {
  let inner = error as { error?: unknown; code?: unknown; type?: unknown; message?: unknown };
  if (typeof inner === 'object' && inner !== null && typeof inner.error === 'object' && inner.error !== null)
    inner = inner.error as typeof inner;
  return {
    code: String(inner?.code ?? ''),
    type: String(inner?.type ?? ''),
    message: String(inner?.message ?? ''),
  };
}

/** The edit changes nothing, so it is as good as done. */
export function isNotModified(error: unknown): boolean {
  return error instanceof AppError && /message is not modified/i.test(error.message);
}

/** The service could not read our markup; plain words will do. */
export function isUnparsable(error: unknown): boolean {
  return error instanceof AppError && /can't parse entities|unsupported start tag/i.test(error.message);
}

/** There is no such message, or it is not a text of ours; the chat itself is fine. */
export function isNotOurs(error: AppError): boolean {
  return /message to edit not found|message can't be edited|message_id_invalid|no text in the message/i.test(
    error.message,
  );
}
