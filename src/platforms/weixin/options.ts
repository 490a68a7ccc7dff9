import { isAbsolute } from 'node:path';
import { AppError, describeError } from '../../core/errors.ts';
import { checkEndpoint } from '../../kit/endpoint.ts';
import { type ProxySettings, proxyUrl } from '../../kit/proxy.ts';

/** What `[projects.platforms.options]` may say for `type = "weixin"`. */
export interface WeixinOptions {
  /** Of the ilink bot, from scanning the QR code. */
  readonly token: string;
  /** Address of the API, without trailing slash. */
  readonly baseUrl: string;
  /** Address media are stored at, without trailing slash. */
  readonly cdnBaseUrl: string;
  /** Also http beyond this machine, for the addresses above and those the service names. */
  readonly insecureHttp: boolean;
  /** Tells several bots apart; kept when a new scan gives a new token. */
  readonly accountId: string;
  readonly routeTag: string | undefined;
  /** How long the service may hold a poll open, ms. */
  readonly longPollMs: number;
  /** Messages that may be sent unasked within the window; 0 = as many as the service takes. */
  readonly burstLimit: number;
  readonly burstWindowMs: number;
  /** Where cursor and context tokens are kept, if not in our own cache; absolute. */
  readonly stateDir: string | undefined;
  readonly proxy: ProxySettings | undefined;
}

export const PUBLIC_API = 'https://ilinkai.weixin.qq.com';
export const PUBLIC_CDN = 'https://novac2c.cdn.weixin.qq.com/c2c';

type Raw = Readonly<Record<string, unknown>>;

/** Reads the options of one platform entry; throws `options_invalid` naming the key. */
export function parseOptions(raw: Raw): WeixinOptions {
  const token = text(raw, 'token');
  if (!token) throw invalid('token', 'is missing', 'scan the QR code to get a token and put it here');
  const insecureHttp = flag(raw, 'insecure_http', false);
  const stateDir = text(raw, 'state_dir');
  if (stateDir && !isAbsolute(stateDir)) throw invalid('state_dir', 'must be an absolute path');
  return {
    token,
    baseUrl: endpoint(raw, 'base_url', PUBLIC_API, insecureHttp),
    cdnBaseUrl: endpoint(raw, 'cdn_base_url', PUBLIC_CDN, insecureHttp),
    insecureHttp,
    accountId: text(raw, 'account_id') || publicPart(token) || 'default',
    routeTag: text(raw, 'route_tag') || undefined,
    longPollMs: whole(raw, 'long_poll_timeout_ms', 35_000, 1000, 600_000),
    burstLimit: whole(raw, 'burst_limit', 4, 0, 1_000_000),
    burstWindowMs: whole(raw, 'burst_window_secs', 86_400, 1, 31_536_000) * 1000,
    stateDir: stateDir || undefined,
    proxy: proxy(raw),
  };
}

/** Tokens begin with the bot's id, `…@im.bot:`, in front of the secret. */
function publicPart(token: string): string | undefined {
  return /^([\w.-]+@im\.bot):/.exec(token)?.[1];
}

function endpoint(raw: Raw, key: string, fallback: string, insecure: boolean): string {
  const value = text(raw, key);
  if (!value) return fallback;
  try {
    return checkEndpoint(value, insecure);
  } catch (error) {
    throw invalid(key, `cannot be used: ${describeError(error)}`);
  }
}

function proxy(raw: Raw): ProxySettings | undefined {
  const url = text(raw, 'proxy');
  if (!url) return undefined;
  const username = text(raw, 'proxy_username');
  const password = text(raw, 'proxy_password');
  const settings = { url, ...(username ? { username } : {}), ...(password ? { password } : {}) };
  proxyUrl(settings); // refuses a bad address now and not at the first call
  return settings;
}

function text(raw: Raw, key: string): string | undefined {
  const value = raw[key];
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value.trim();
  throw invalid(key, 'must be a text in quotes');
}

function flag(raw: Raw, key: string, otherwise: boolean): boolean {
  const value = raw[key];
  if (value === undefined) return otherwise;
  if (typeof value === 'boolean') return value;
  throw invalid(key, 'must be true or false');
}

function whole(raw: Raw, key: string, otherwise: number, least: number, most: number): number {
  const value = raw[key];
  // The Go cc-connect takes 0 for "not set" here.
  if (value === undefined || (value === 0 && least > 0)) return otherwise;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(key, `must be a whole number from ${least} to ${most}`);
}

function invalid(key: string, what: string, advice?: string): AppError {
  return new AppError('options_invalid', `weixin: ${key} ${what}`, {
    kind: 'validation',
    ...(advice ? { advice } : {}),
  });
}
