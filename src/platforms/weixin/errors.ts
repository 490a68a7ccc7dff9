import { AppError } from '../../core/errors.ts';
import { code, type Envelope } from './wire.ts';

/** Nothing was sent when a connection ends with one of these. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|ENETDOWN|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|ERR_TLS_\w+)$/;

/** The login has run out or was taken back; only a person can cure that. */
export function sessionExpired(op: string): AppError {
  return new AppError('weixin_session_expired', `${op}: Weixin says that the login has expired`, {
    kind: 'auth',
    advice: 'scan again: run "cc-connect weixin new" and scan the code with Weixin',
  });
}

/** The service takes no messages for a while, and every attempt makes it longer. */
export function budgetSpent(message: string, retryAfterMs: number): AppError {
  return new AppError('weixin_budget', message, {
    kind: 'budget',
    retryAfterMs,
    advice: 'it goes out when the person writes again, or later by itself',
  });
}

/** Reads the codes in an answer with status 200; undefined when the call was carried out. */
export function refusal(op: string, answer: Envelope): AppError | undefined {
  const codes = [answer.ret, answer.errcode].filter((one) => one !== undefined && one !== null && one !== 0);
  if (codes.length === 0) return undefined;
  if (codes.includes(code.sessionExpired)) return sessionExpired(op);
  const words = typeof answer.errmsg === 'string' ? answer.errmsg.slice(0, 200) : '';
  const what = `${op} was refused: ret=${answer.ret ?? 0} errcode=${answer.errcode ?? 0} ${words}`.trim();
  if (codes.includes(code.throttled)) return budgetSpent(what, 3_600_000);
  if (codes.includes(code.systemBusy)) return new AppError('weixin_busy', what, { kind: 'unavailable' });
  return new AppError('weixin_refused', what, { kind: 'validation' });
}

/** Reads a status other than 200. A gateway that failed in the middle may have passed the call on. */
export function badStatus(op: string, status: number, retryAfter: string | undefined): AppError {
  const what = `${op} was answered with status ${status}`;
  const seconds = Number(retryAfter);
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
  if (status === 429)
    return new AppError('weixin_rate_limit', what, {
      kind: 'rate_limit',
      retryAfterMs: retryAfterMs ?? 30_000,
    });
  if (status === 401 || status === 403)
    return new AppError('weixin_denied', what, {
      kind: 'auth',
      advice: 'check the token and base_url; if they are right, scan the QR code again',
    });
  if (status === 503)
    return new AppError('weixin_unavailable', what, {
      kind: 'unavailable',
      ...(retryAfterMs ? { retryAfterMs } : {}),
    });
  if (status >= 500) return new AppError('weixin_broken', what, { kind: 'ambiguous' });
  if (status === 404) return new AppError('weixin_not_there', what, { kind: 'permanent' });
  return new AppError('weixin_refused', what, { kind: 'validation' });
}

/** A connection that ended without an answer. The original error may hold the address, so only its code is told. */
export function transportError(op: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const reason = String((error as NodeJS.ErrnoException | undefined)?.code ?? 'no code');
  return new AppError('weixin_network', `${op}: the connection failed (${reason})`, {
    kind: neverSent.test(reason) ? 'network' : 'ambiguous',
  });
}

/** What did not change anything anybody sees may simply be done again. */
export function repeatable(error: unknown): unknown {
  if (!(error instanceof AppError) || error.kind !== 'ambiguous') return error;
  return new AppError(error.code, error.message, { kind: 'network' });
}
