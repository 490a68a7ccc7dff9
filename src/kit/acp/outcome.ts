import type { TurnOutcome, Usage } from '../../core/agent-event.ts';
import { isRecord, number, record, text, type Wire } from './wire.ts';

type ErrorCode = Extract<TurnOutcome, { status: 'error' }>['code'];

/** How a turn ended, from the reply to `session/prompt`. */
export function outcomeOfReply(reply: Wire): TurnOutcome {
  switch (text(reply.stopReason)) {
    case 'cancelled':
      return { status: 'interrupted' };
    case 'max_tokens':
      return {
        status: 'error',
        code: 'context',
        message: 'The answer was cut off: the token limit was reached.',
      };
    case 'max_turn_requests':
      return {
        status: 'error',
        code: 'other',
        message: 'The agent stopped: it reached its limit of model calls in one turn.',
      };
    case 'refusal':
      return { status: 'error', code: 'model', message: 'The model refused to answer.' };
    default:
      return { status: 'ok' };
  }
}

/** How a turn ended, from an error reply (`code`, `message`, `data` of JSON-RPC). */
export function outcomeOfError(error: Wire): TurnOutcome {
  const code = number(error.code) ?? 0;
  const data = record(error.data);
  const message = readable(text(error.message) ?? 'unknown error', error.data);
  const hint = [data.errorKind, data.code, data.errorName, message].filter(Boolean).join(' ');
  return { status: 'error', code: classify(code, hint), message };
}

function classify(code: number, hint: string): ErrorCode {
  if (code === -32000 || code === 401 || code === 403) return 'auth';
  if (/authenticat|unauthori[sz]ed|\b401\b|not logged in|api.?key/i.test(hint)) return 'auth';
  if (code === 429 || /rate.?limit|\b429\b|quota|too many requests/i.test(hint)) return 'rate_limit';
  if (/context (length|window)|too long|token limit/i.test(hint)) return 'context';
  if (
    (code >= 500 && code < 600) ||
    /server_error|overloaded|high demand|internal server error|\b5\d\d\b/i.test(hint)
  )
    return 'server';
  return 'other';
}

/** Agents put the real reason into `data`, or pass on an API's JSON body as the message. */
function readable(message: string, data: unknown): string {
  const inner = innerMessage(message) ?? message;
  const details = isRecord(data)
    ? (text(data.message) ?? text(data.details) ?? text(data.error))
    : text(data);
  if (details === undefined || inner.includes(details)) return inner;
  return /^internal error$/i.test(inner) ? details : `${inner}: ${details}`;
}

function innerMessage(message: string): string | undefined {
  const start = message.indexOf('{');
  if (start < 0) return undefined;
  try {
    const body = record(JSON.parse(message.slice(start)));
    return text(record(body.error).message) ?? text(body.message);
  } catch {
    return undefined; // Just a text with a brace in it.
  }
}

/** Token counts of one turn, from the reply to `session/prompt`; undefined when it tells none. */
export function usageOfReply(reply: Wire): Usage | undefined {
  const usage = record(reply.usage);
  const found: Usage = {
    inputTokens: number(usage.inputTokens),
    outputTokens: number(usage.outputTokens),
    cacheReadTokens: number(usage.cachedReadTokens),
    cacheWriteTokens: number(usage.cachedWriteTokens),
  };
  if (Object.values(found).some((value) => value !== undefined)) return found;
  const quota = record(record(record(reply._meta).quota).token_count);
  const inputTokens = number(quota.input_tokens);
  const outputTokens = number(quota.output_tokens);
  return inputTokens === undefined && outputTokens === undefined ? undefined : { inputTokens, outputTokens };
}
