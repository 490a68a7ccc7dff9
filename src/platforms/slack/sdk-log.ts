import type { Log } from '../../core/platform.ts';

/**
 * A logger for the SDK. It would write requests and answers whole at its lower levels, so only its warnings and errors
 * pass, cut, with whatever looks like a token or ticket masked.
 */
export function sdkLogger(log: Log) {
  const line = (args: unknown[]) =>
    args
      .map((arg) => (typeof arg === 'string' ? mask(arg) : arg instanceof Error ? mask(arg.message) : ''))
      .join(' ')
      .slice(0, 300);
  const nothing = () => {};
  return {
    debug: nothing,
    info: nothing,
    // What fails is told by the error that we make of it; this is for looking closely.
    warn: (...args: unknown[]) => log.debug({ sdk: line(args) }, 'slack sdk warned'),
    error: (...args: unknown[]) => log.debug({ sdk: line(args) }, 'slack sdk reported an error'),
    setLevel: nothing,
    getLevel: () => 'error' as never,
    setName: nothing,
  };
}

function mask(text: string): string {
  return text.replace(/\bx[a-z]{3}-[\w-]+/g, 'x***').replace(/((?:ticket|token)=)[^&\s]+/gi, '$1***');
}
