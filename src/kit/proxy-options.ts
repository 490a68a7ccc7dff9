import type { OptionReader } from './option-reader.ts';
import { type ProxySettings, proxyUrl } from './proxy.ts';

/** What a platform that is reached through a proxy can be told. */
export const PROXY_OPTIONS = ['proxy', 'proxy_username', 'proxy_password'] as const;

/** The proxy of the options, if there is one; a bad address is refused now and not at the first call. */
export function proxyOption(
  options: OptionReader<(typeof PROXY_OPTIONS)[number]>,
): ProxySettings | undefined {
  const url = options.word('proxy');
  const username = options.word('proxy_username');
  // Blanks around a password may belong to it.
  const password = options.text('proxy_password');
  if (url === undefined) return undefined;
  const settings = { url, ...(username && { username }), ...(password && { password }) };
  options.attempt('proxy', () => proxyUrl(settings));
  return settings;
}
