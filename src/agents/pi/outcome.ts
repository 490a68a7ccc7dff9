import type { TurnOutcome } from '../../core/agent-event.ts';

type ErrorCode = Extract<TurnOutcome, { status: 'error' }>['code'];

/** How a turn ended, from the last message of the model: its `stopReason` and `errorMessage`. */
export function turnOutcome(stopReason: string | undefined, message: string | undefined): TurnOutcome {
  switch (stopReason) {
    case 'aborted':
      return { status: 'interrupted' };
    case 'error':
      return errorOutcome(message ?? '');
    case 'length':
      return {
        status: 'error',
        message: 'The answer was cut off: the model may write no more at once.',
        code: 'other',
      };
    default:
      return { status: 'ok' };
  }
}

/** Model errors begin with the HTTP status: `401 fake 401`, `529 {"type":"error",…}`. */
export function errorOutcome(message: string): TurnOutcome {
  return {
    status: 'error',
    message: readable(message) || 'The turn failed without a reason.',
    code: errorCode(message),
  };
}

export function errorCode(message: string): ErrorCode {
  const status = Number(/^\s*(?:Error: )?(\d{3})\b/.exec(message)?.[1] ?? 0);
  if (
    status === 401 ||
    status === 403 ||
    /no api key|authentication failed|not logged in|\/login/i.test(message)
  )
    return 'auth';
  if (status === 429 || /rate.?limit|quota/i.test(message)) return 'rate_limit';
  if (status === 404 || /model not found|no model/i.test(message)) return 'model';
  if (/context (window|length)|too many tokens|prompt is too long|maximum context/i.test(message))
    return 'context';
  if (status >= 500 || /overloaded|terminated|fetch failed|connection|socket|timed? ?out/i.test(message))
    return 'server';
  return 'other';
}

/** Some messages carry the provider's whole JSON answer; its message is what people can read. */
function readable(message: string): string {
  const found = /^(\s*(?:Error: )?\d{3}\s+)?(\{[\s\S]*\})\s*$/.exec(message);
  if (found?.[2] === undefined) return message.trim();
  try {
    const body = JSON.parse(found[2]) as { error?: { message?: unknown }; message?: unknown };
    const said = body.error?.message ?? body.message;
    return typeof said === 'string' ? `${found[1] ?? ''}${said}`.trim() : message.trim();
  } catch {
    return message.trim();
  }
}
