import type { Log } from '../../core/platform.ts';

/** What the SDK calls. Arguments arrive as one array. */
export interface SdkLogger {
  error(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  info(...args: unknown[]): void;
  debug(...args: unknown[]): void;
  trace(...args: unknown[]): void;
}

/**
 * The SDK hands its logger whole HTTP errors, with the app secret in the request and the ticket in the socket's
 * address. Only texts pass, cut and masked; of an error only its code and message. `onPong` is called for each answer
 * to a ping, which the SDK tells nobody else.
 */
export function sdkLogger(log: Log, onPong: () => void = () => {}): SdkLogger {
  const line = (args: unknown[]): string => args.flat(3).map(describe).join(' ').slice(0, 500);
  const quiet = (...args: unknown[]) => {
    const text = line(args);
    if (text.includes('receive pong')) onPong();
  };
  return {
    // What fails is told by the error or the state that we make of it; this is for looking closely.
    error: (...args) => log.debug({ sdk: line(args) }, 'feishu sdk reported an error'),
    warn: (...args) => log.debug({ sdk: line(args) }, 'feishu sdk warned'),
    info: quiet,
    debug: quiet,
    trace: quiet,
  };
}

function describe(value: unknown): string {
  if (typeof value === 'string') return mask(value);
  if (value instanceof Error) {
    const { code } = value as { code?: unknown };
    return mask(code === undefined ? value.message : `${String(code)}: ${value.message}`);
  }
  return typeof value === 'object' && value !== null ? '[object]' : String(value);
}

/** Hides what follows a telling name in addresses and JSON. */
export function mask(text: string): string {
  return text.replace(
    /((?:device_id|access_key|ticket|conn_id|app_?secret|token|password|encrypt_?key)["']?\s*[=:]\s*["']?)[^&\s"',}]+/gi,
    '$1***',
  );
}
