import { repliesToAll } from '../../kit/group-options.ts';
import { type OptionReader, type RawOptions, readPlatformOptions } from '../../kit/option-reader.ts';
import { proxyUrl } from '../../kit/proxy.ts';
import { PROXY_OPTIONS, proxyOption } from '../../kit/proxy-options.ts';

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
  /** Answers as cards; otherwise as posts. @default true */
  readonly cards: boolean;
  /** Wait for further images of one batch, ms. @default 500 */
  readonly imageBatchWindowMs: number;
  readonly proxy: string | undefined;
  /** Set when there is an `encrypt_key`: events are pushed to us. */
  readonly webhook: WebhookOptions | undefined;
}

export const OPTIONS = [
  'app_id',
  'app_secret',
  'domain',
  'insecure_http',
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
  ...PROXY_OPTIONS,
] as const;

type Option = (typeof OPTIONS)[number];
type Options = OptionReader<Option>;

/** Reads the options of one platform entry; throws `OptionsError`. */
export function parseOptions(type: string, fallbackDomain: string, raw: RawOptions): FeishuOptions {
  return readPlatformOptions(type, OPTIONS, raw, (options) => {
    // Only checked: the daemon itself reads it.
    options.choice('progress_style', ['legacy', 'compact', 'card']);
    return {
      type,
      appId: appIdOf(options),
      appSecret: options.word('app_secret') ?? options.wrong('app_secret', 'is missing') ?? '',
      // Plain http only to this machine, unless asked for: the app secret goes over this line.
      domain: options.endpoint('domain', options.flag('insecure_http') ?? false) ?? fallbackDomain,
      allowChat: (options.texts('allow_chat', ',') ?? []).filter((id) => id !== '*'),
      groupOnly: options.flag('group_only') ?? false,
      groupReplyAll: repliesToAll(options),
      respondToAtAll: options.flag('respond_to_at_everyone_and_here') ?? false,
      shareSession: options.flag('share_session_in_channel') ?? false,
      threadIsolation: options.flag('thread_isolation') ?? false,
      resolveMentions: options.flag('resolve_mentions') ?? false,
      mentionMap: options.table('mention_map'),
      peerBots: options.table('peer_bots'),
      replyToTrigger: options.flag('reply_to_trigger') ?? true,
      reactionEmoji: emoji(options, 'reaction_emoji', 'OnIt'),
      doneEmoji: emoji(options, 'done_emoji', undefined),
      cards: options.flag('enable_feishu_card') ?? true,
      imageBatchWindowMs: batchWindowMs(options),
      proxy: proxyOf(options),
      webhook: webhookOf(options),
    };
  });
}

function appIdOf(options: Options): string {
  const id = options.word('app_id');
  if (id === undefined) options.wrong('app_id', 'is missing');
  // The SDK checks this too, but then only logs and never connects.
  else if (!/^cli_[0-9a-fA-F]{16}$/.test(id))
    options.wrong('app_id', `"${id}" does not look like an app id`, 'it is cli_ and 16 hexadecimal digits');
  return id ?? '';
}

function emoji(options: Options, key: Option, fallback: string | undefined): string | undefined {
  const value = options.word(key) ?? fallback;
  return value === 'none' ? undefined : value;
}

function batchWindowMs(options: Options): number {
  const ms = options.amount('image_batch_window_ms') ?? 500;
  if (ms > 60_000) options.wrong('image_batch_window_ms', 'must be a number from 0 to 60000');
  return ms;
}

function proxyOf(options: Options): string | undefined {
  const settings = proxyOption(options);
  return settings && options.attempt('proxy', () => proxyUrl(settings).href);
}

function webhookOf(options: Options): WebhookOptions | undefined {
  // The Go cc-connect writes the port as a text.
  const port = Number(options.value('port') ?? 8080);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) options.wrong('port', 'must be a port number');
  const path = options.word('callback_path') ?? '/feishu/webhook';
  if (!path.startsWith('/')) options.wrong('callback_path', 'must begin with /');
  const verificationToken = options.word('verification_token');
  const encryptKey = options.word('encrypt_key');
  return encryptKey === undefined ? undefined : { port, path, encryptKey, verificationToken };
}
