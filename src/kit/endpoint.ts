/** Which server addresses we are willing to send credentials to. */
import { AppError } from '../core/errors.ts';

/**
 * Checks a configured server address and returns it without trailing slashes.
 * Any https or wss address is fine; http and ws only to this machine, unless `insecure` is true.
 * Throws `AppError` (`endpoint_invalid`, `endpoint_insecure`).
 */
export function checkEndpoint(url: string, insecure = false): string {
  const parsed = parse(url);
  const secure = parsed.protocol === 'https:' || parsed.protocol === 'wss:';
  if (!secure && !insecure && !isLoopback(parsed.hostname)) {
    throw new AppError('endpoint_insecure', `${withoutUser(parsed)} is not encrypted`, {
      kind: 'validation',
      advice: 'use https, or set insecure_http = true if you trust the whole network path',
    });
  }
  return url.trim().replace(/\/+$/, '');
}

/** Whether a URL host name is this machine: `localhost`, `*.localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || host === '::1') return true;
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function parse(url: string): URL {
  const text = url.trim();
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed && ['http:', 'https:', 'ws:', 'wss:'].includes(parsed.protocol) && parsed.hostname !== '')
    return parsed;
  throw new AppError('endpoint_invalid', 'not a server address', {
    kind: 'validation',
    advice: 'write it as https://host or https://host:port/path',
  });
}

/** Credentials in the address must not reach a message. */
function withoutUser(url: URL): string {
  return `${url.protocol}//${url.host}`;
}
