import { AppError, describeError } from '../../core/errors.ts';
import { checkEndpoint } from '../../kit/endpoint.ts';

/** Receiving events by HTTP instead of the long connection. */
export interface WebhookOptions {
  /** @default 8080 */
  readonly port: number;
  /** @default "/feishu/webhook" */
  readonly path: string;
  readonly encryptKey: string;
  readonly verificationToken: string | undefined;
}

/** Options of the `feishu` and `lark` platforms, parsed. */
export interface FeishuOptions {
  /** `feishu` or `lark`; the first part of session keys. */
  readonly type: string;
  readonly appId: string;
  readonly appSecret: string;
  /** Base address of the open API, without a trailing slash. @default open.feishu.cn or open.larksuite.com */
  readonly domain: string;
  /** Chats the bot works in; empty = all. */
  readonly allowChat: readonly string[];
  /** Ignore direct messages. @default false */
  readonly groupOnly: boolean;
  /** Answer group messages without a mention too. @default false */
  readonly groupReplyAll: boolean;
  /** `@all` counts as a mention of the bot. @default false */
  readonly respondToAtAll: boolean;
  /** One session per chat instead of one per person. @default false */
  readonly shareSession: boolean;
  /** One session per topic in groups. @default false */
  readonly threadIsolation: boolean;
  /** Turn `@name` in answers into real mentions of chat members. @default false */
  readonly resolveMentions: boolean;
  /** Names that become mentions, with their ids. */
  readonly mentionMap: Readonly<Record<string, string>>;
  /** Names for other bots, by app id. */
  readonly peerBots: Readonly<Record<string, string>>;
  /** Answer as a reply to the message that asked. @default true */
  readonly replyToTrigger: boolean;
  /** Reaction while working; undefined = none. @default "OnIt" */
  readonly reactionEmoji: string | undefined;
  /** Reaction when done; undefined = none. */
  readonly doneEmoji: string | undefined;
  /** @default "legacy" */
  readonly progressStyle: string;
  /** Answers as cards; otherwise as posts. @default true */
  readonly cards: boolean;
  /** Wait for further images of one batch, ms. @default 500 */
  readonly imageBatchWindowMs: number;
  readonly proxy: string | undefined;
  /** Set when there is an `encrypt_key`: events are pushed to us. */
  readonly webhook: WebhookOptions | undefined;
}

const known = new Set([
  'app_id',
  'app_secret',
  'domain',
  'insecure_http',
  'allow_from',
  'allow_chat',
  'group_only',
  'group_reply_all',
  'require_mention',
  'respond_to_at_everyone_and_here',
  'share_session_in_channel',
  'thread_isolation',
  'resolve_mentions',
  'mention_map',
  'peer_bots',
  'reply_to_trigger',
  'reaction_emoji',
  'done_emoji',
  'progress_style',
  'enable_feishu_card',
  'image_batch_window_ms',
  'port',
  'callback_path',
  'encrypt_key',
  'verification_token',
  'proxy',
  'proxy_username',
  'proxy_password',
]); // prettier-ignore

type Raw = Readonly<Record<string, unknown>>;

function invalid(key: string, message: string): AppError {
  return new AppError('options_invalid', `${key}: ${message}`, { kind: 'validation' });
}

function text(raw: Raw, key: string): string | undefined {
  const value = raw[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid(key, 'must be a text');
  return value.trim() === '' ? undefined : value.trim();
}

function flag(raw: Raw, key: string, fallback: boolean): boolean {
  const value = raw[key];
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'boolean') throw invalid(key, 'must be true or false');
  return value;
}

function texts(raw: Raw, key: string): Readonly<Record<string, string>> {
  const value = raw[key];
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid(key, 'must be a table of names');
  const entries = Object.entries(value as Record<string, unknown>);
  for (const [name, id] of entries)
    if (typeof id !== 'string') throw invalid(`${key}.${name}`, 'must be a text');
  return Object.fromEntries(entries) as Record<string, string>;
}

function emoji(raw: Raw, key: string, fallback: string | undefined): string | undefined {
  const value = text(raw, key) ?? fallback;
  return value === 'none' ? undefined : value;
}

function count(raw: Raw, key: string, fallback: number, most: number): number {
  const value = raw[key] ?? fallback;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value > most)
    throw invalid(key, `must be a number from 0 to ${most}`);
  return value;
}

/** Plain http only to this machine, unless asked for: the app secret goes over this line. */
function address(raw: Raw, fallback: string): string {
  const value = text(raw, 'domain');
  if (value === undefined) return fallback;
  try {
    return checkEndpoint(value, flag(raw, 'insecure_http', false));
  } catch (error) {
    throw invalid('domain', describeError(error));
  }
}

function style(raw: Raw): string {
  const value = text(raw, 'progress_style') ?? 'legacy';
  if (!['legacy', 'compact', 'card'].includes(value))
    throw invalid('progress_style', `"${value}" is not one of legacy, compact, card`);
  return value;
}

function proxyOf(raw: Raw): string | undefined {
  const proxy = text(raw, 'proxy');
  if (proxy === undefined) return undefined;
  if (!URL.canParse(proxy)) throw invalid('proxy', 'is not an address');
  const url = new URL(proxy);
  url.username = encodeURIComponent(text(raw, 'proxy_username') ?? decodeURIComponent(url.username));
  url.password = encodeURIComponent(text(raw, 'proxy_password') ?? decodeURIComponent(url.password));
  return url.href;
}

function webhookOf(raw: Raw): WebhookOptions | undefined {
  // The Go cc-connect writes the port as a text.
  const port = Number(raw.port ?? 8080);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid('port', 'must be a port number');
  const path = text(raw, 'callback_path') ?? '/feishu/webhook';
  if (!path.startsWith('/')) throw invalid('callback_path', 'must begin with /');
  const verificationToken = text(raw, 'verification_token');
  const encryptKey = text(raw, 'encrypt_key');
  return encryptKey === undefined ? undefined : { port, path, encryptKey, verificationToken };
}

function checkKnown(raw: Raw): void {
  for (const key of Object.keys(raw))
    if (!known.has(key)) throw invalid(key, 'is not an option of this platform');
}

/** @throws AppError `options_invalid` naming the key. */
export function parseOptions(type: string, fallbackDomain: string, raw: Raw): FeishuOptions {
  checkKnown(raw);
  const appId = text(raw, 'app_id');
  const appSecret = text(raw, 'app_secret');
  if (appId === undefined) throw invalid('app_id', 'is missing');
  if (appSecret === undefined) throw invalid('app_secret', 'is missing');
  // The SDK checks this too, but then only logs and never connects.
  if (!/^cli_[0-9a-fA-F]{16}$/.test(appId))
    throw invalid('app_id', `"${appId}" does not look like an app id (cli_ and 16 hexadecimal digits)`);
  const cards = flag(raw, 'enable_feishu_card', true);
  return {
    type,
    appId,
    appSecret,
    domain: address(raw, fallbackDomain),
    allowChat: (text(raw, 'allow_chat') ?? '')
      .split(',')
      .map((id) => id.trim())
      .filter((id) => id !== '' && id !== '*'),
    groupOnly: flag(raw, 'group_only', false),
    groupReplyAll: flag(raw, 'group_reply_all', false) || !flag(raw, 'require_mention', true),
    respondToAtAll: flag(raw, 'respond_to_at_everyone_and_here', false),
    shareSession: flag(raw, 'share_session_in_channel', false),
    threadIsolation: flag(raw, 'thread_isolation', false),
    resolveMentions: flag(raw, 'resolve_mentions', false),
    mentionMap: texts(raw, 'mention_map'),
    peerBots: texts(raw, 'peer_bots'),
    replyToTrigger: flag(raw, 'reply_to_trigger', true),
    reactionEmoji: emoji(raw, 'reaction_emoji', 'OnIt'),
    doneEmoji: emoji(raw, 'done_emoji', undefined),
    progressStyle: style(raw),
    cards,
    imageBatchWindowMs: count(raw, 'image_batch_window_ms', 500, 60_000),
    proxy: proxyOf(raw),
    webhook: webhookOf(raw),
  };
}
