import { AppError } from '../../core/errors.ts';
import { checkEndpoint } from '../../kit/endpoint.ts';
import { type ProxySettings, proxyUrl } from '../../kit/proxy.ts';

/** What `[projects.platforms.options]` may say for `type = "telegram"`. */
export interface TelegramOptions {
  /** From @BotFather, `<bot id>:<secret>`. */
  readonly token: string;
  /** Address of the Bot API, without trailing slash. */
  readonly apiBase: string;
  /** True when `apiBase` is a server of the operator's own, which may have other limits. */
  readonly selfHosted: boolean;
  /** Answer in groups without being mentioned. */
  readonly groupReplyAll: boolean;
  /** One session per chat (or topic) instead of one per person. */
  readonly shareSession: boolean;
  /** React with ⚡ to the message being worked on. */
  readonly reactions: boolean;
  /** Stream into message drafts in private chats where the server takes them. */
  readonly drafts: boolean;
  /** Send answers with tables as rich messages where the server takes them; old apps cannot show these. */
  readonly richMessages: boolean;
  readonly proxy: ProxySettings | undefined;
}

export const PUBLIC_API = 'https://api.telegram.org';

/** Reads the options of one platform entry; throws `options_invalid` naming the key. */
export function parseOptions(raw: Readonly<Record<string, unknown>>): TelegramOptions {
  const token = text(raw, 'token')?.trim();
  if (!token) throw invalid('token', 'is missing', 'ask @BotFather for a bot token and put it here');
  if (!/^\d{1,20}:[\w-]+$/.test(token))
    throw invalid('token', 'does not look like a bot token', 'it has the form 123456789:AA…; copy it whole');
  const apiBase = text(raw, 'api_base');
  return {
    token,
    apiBase: apiBase ? checkEndpoint(apiBase, flag(raw, 'insecure_http', false)) : PUBLIC_API,
    selfHosted: apiBase !== undefined && apiBase !== '',
    groupReplyAll: flag(raw, 'group_reply_all', false),
    shareSession: flag(raw, 'share_session_in_channel', false),
    reactions: flag(raw, 'enable_reactions', false),
    drafts: flag(raw, 'drafts', true),
    richMessages: flag(raw, 'rich_messages', false),
    proxy: proxy(raw),
  };
}

function proxy(raw: Readonly<Record<string, unknown>>): ProxySettings | undefined {
  const url = text(raw, 'proxy');
  if (!url) return undefined;
  const username = text(raw, 'proxy_username');
  const password = text(raw, 'proxy_password');
  const settings = { url, ...(username ? { username } : {}), ...(password ? { password } : {}) };
  proxyUrl(settings); // refuses a bad address now and not at the first call
  return settings;
}

function text(raw: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = raw[key];
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(key, 'must be a text in quotes');
}

function flag(raw: Readonly<Record<string, unknown>>, key: string, otherwise: boolean): boolean {
  const value = raw[key];
  if (value === undefined) return otherwise;
  if (typeof value === 'boolean') return value;
  throw invalid(key, 'must be true or false');
}

function invalid(key: string, what: string, advice?: string): AppError {
  return new AppError('options_invalid', `telegram: ${key} ${what}`, {
    kind: 'validation',
    ...(advice ? { advice } : {}),
  });
}
