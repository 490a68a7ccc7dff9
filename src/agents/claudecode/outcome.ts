import type { TurnOutcome } from '../../core/agent-event.ts';
import { type Line, number, text, texts } from './wire.ts';

type ErrorCode = Extract<TurnOutcome, { status: 'error' }>['code'];

/**
 * How a turn ended, from its result line. `subtype: "success"` says nothing: a failed request carries it too, with
 * `is_error`.
 */
export function turnOutcome(result: Line): TurnOutcome {
  if (text(result, 'terminal_reason')?.startsWith('aborted')) return { status: 'interrupted' };
  if (result.is_error !== true) return { status: 'ok' };
  const message = errorText(result);
  return { status: 'error', message, code: errorCode(number(result, 'api_error_status'), message) };
}

/** The words of a failed result; the CLI's own diagnostics are not for people. */
export function errorText(result: Line): string {
  const said = text(result, 'result')?.trim();
  if (said) return said;
  const errors = texts(result, 'errors').filter((error) => !error.startsWith('[ede_diagnostic]'));
  if (errors.length > 0) return errors.join('\n');
  const subtype = text(result, 'subtype');
  return subtype === 'error_max_turns'
    ? 'The limit of steps was reached.'
    : 'The turn failed without a reason.';
}

function errorCode(status: number | undefined, message: string): ErrorCode {
  if (status === 401 || status === 403 || /not logged in|\/login|authenticat/i.test(message)) return 'auth';
  if (/prompt is too long|context (window|limit)|too many tokens/i.test(message)) return 'context';
  if (status === 404 || /issue with the selected model/i.test(message)) return 'model';
  if (status === 429 || /usage limit|rate limit/i.test(message)) return 'rate_limit';
  if (status !== undefined && status >= 500) return 'server';
  return 'other';
}
