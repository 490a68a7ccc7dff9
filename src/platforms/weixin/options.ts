import { isAbsolute } from 'node:path';
import { type OptionReader, type RawOptions, readPlatformOptions } from '../../kit/option-reader.ts';
import type { ProxySettings } from '../../kit/proxy.ts';
import { PROXY_OPTIONS, proxyOption } from '../../kit/proxy-options.ts';

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

export const OPTIONS = [
  'token',
  'base_url',
  'cdn_base_url',
  'insecure_http',
  'account_id',
  'route_tag',
  'long_poll_timeout_ms',
  'burst_limit',
  'burst_window_secs',
  'state_dir',
  ...PROXY_OPTIONS,
] as const;

type Option = (typeof OPTIONS)[number];
type Options = OptionReader<Option>;

/** Reads the options of one platform entry; throws `OptionsError`. */
export function parseOptions(raw: RawOptions): WeixinOptions {
  return readPlatformOptions('weixin', OPTIONS, raw, (options) => {
    const token = options.word('token') ?? '';
    if (token === '') options.wrong('token', 'is missing', 'scan the QR code to get a token and put it here');
    const insecureHttp = options.flag('insecure_http') ?? false;
    const stateDir = options.word('state_dir');
    if (stateDir !== undefined && !isAbsolute(stateDir))
      options.wrong('state_dir', 'must be an absolute path');
    return {
      token,
      baseUrl: options.endpoint('base_url', insecureHttp) ?? PUBLIC_API,
      cdnBaseUrl: options.endpoint('cdn_base_url', insecureHttp) ?? PUBLIC_CDN,
      insecureHttp,
      accountId: options.word('account_id') ?? publicPart(token) ?? 'default',
      routeTag: options.word('route_tag'),
      longPollMs: whole(options, 'long_poll_timeout_ms', 35_000, 1000, 600_000),
      burstLimit: options.whole('burst_limit', 0, 1_000_000) ?? 4,
      burstWindowMs: whole(options, 'burst_window_secs', 86_400, 1, 31_536_000) * 1000,
      stateDir,
      proxy: proxyOption(options),
    };
  });
}

/** Tokens begin with the bot's id, `…@im.bot:`, in front of the secret. */
function publicPart(token: string): string | undefined {
  return /^([\w.-]+@im\.bot):/.exec(token)?.[1];
}

/** The Go cc-connect takes 0 for "not set" here. */
function whole(options: Options, key: Option, otherwise: number, least: number, most: number): number {
  return options.value(key) === 0 ? otherwise : (options.whole(key, least, most) ?? otherwise);
}
