import type { TurnOutcome } from '../../core/agent-event.ts';
import { isRecord, number, record, text, type Wire } from '../../kit/acp/wire.ts';

type ErrorCode = Extract<TurnOutcome, { status: 'error' }>['code'];

const BY_INFO: Readonly<Record<string, ErrorCode>> = {
  contextWindowExceeded: 'context',
  sessionBudgetExceeded: 'rate_limit',
  usageLimitExceeded: 'rate_limit',
  rateLimitExceeded: 'rate_limit',
  flexUnavailable: 'rate_limit',
  serverOverloaded: 'server',
  internalServerError: 'server',
  responseStreamDisconnected: 'server',
  httpConnectionFailed: 'server',
  responseStreamConnectionFailed: 'server',
  modelNotFound: 'model',
  unauthorized: 'auth',
};

/** How a turn ended, from the `turn` of `turn/completed`. */
export function turnOutcome(turn: Wire): TurnOutcome {
  const status = text(turn.status);
  if (status === 'interrupted') return { status: 'interrupted' };
  if (status === 'completed' && !isRecord(turn.error)) return { status: 'ok' };
  return errorOutcome(record(turn.error));
}

/** From a `TurnError`: `codexErrorInfo` is a name, or an object of one name with `httpStatusCode`. */
export function errorOutcome(error: Wire): TurnOutcome {
  const said = readable(text(error.message) ?? '');
  const details = text(error.additionalDetails);
  const message = details === undefined || said.includes(details) ? said : `${said}\n${details}`;
  const code = errorCode(error.codexErrorInfo, message);
  return { status: 'error', message: message || 'The turn failed without a reason.', code };
}

function errorCode(info: unknown, message: string): ErrorCode {
  const name = text(info) ?? Object.keys(record(info))[0] ?? '';
  const told = number(record(record(info)[name]).httpStatusCode);
  const status = told ?? Number(/(?:status|status:) (\d{3})\b/.exec(message)?.[1] ?? 0);
  if (status === 401 || status === 403) return 'auth';
  if (status === 429) return 'rate_limit';
  if (status === 404) return 'model';
  const known = Object.hasOwn(BY_INFO, name) ? BY_INFO[name] : undefined;
  if (known !== undefined) return known;
  if (/missing environment variable|not logged in|authentication/i.test(message)) return 'auth';
  if (status >= 500 || /high demand|stream disconnected/i.test(message)) return 'server';
  return 'other';
}

/** Some errors carry the provider's whole JSON answer; its message is what people can read. */
function readable(message: string): string {
  if (!message.startsWith('{')) return message;
  try {
    const body = record(JSON.parse(message));
    return text(record(body.error).message) ?? text(body.message) ?? message;
  } catch {
    return message;
  }
}
