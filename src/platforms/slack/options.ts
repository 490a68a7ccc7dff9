import { createHash } from 'node:crypto';
import { repliesToAll } from '../../kit/group-options.ts';
import { type OptionReader, type RawOptions, readPlatformOptions } from '../../kit/option-reader.ts';
import type { ProxySettings } from '../../kit/proxy.ts';
import { PROXY_OPTIONS, proxyOption } from '../../kit/proxy-options.ts';

/** Whose messages share a conversation: each person's own in a channel, the channel's, or each thread's. */
export type SlackScope = 'user' | 'channel' | 'thread';

/** Options of the `slack` platform, parsed. */
export interface SlackOptions {
  /** Bot user OAuth token, `xoxb-…`. */
  readonly botToken: string;
  /** App-level token with `connections:write`, `xapp-…`. */
  readonly appToken: string;
  /** Address of the Web API with the trailing slash the SDK wants. @default "https://slack.com/api/" */
  readonly apiUrl: string;
  /** @default "user" */
  readonly scope: SlackScope;
  /** Answer in channels without being mentioned. @default false */
  readonly groupReplyAll: boolean;
  /** Channels the bot works in; empty = all. */
  readonly allowChat: readonly string[];
  /** Answer channel messages in a thread below them. @default true */
  readonly replyInThread: boolean;
  /** Reaction on the message being worked on; undefined = none. */
  readonly reaction: string | undefined;
  /** Stream with the service's own streams where a thread allows it. @default true */
  readonly streaming: boolean;
  /** Offered when a person opens a new conversation in the assistant's pane; at most four. */
  readonly suggestedPrompts: readonly string[];
  readonly proxy: ProxySettings | undefined;
}

export const PUBLIC_API = 'https://slack.com/api/';

const SCOPES = ['user', 'channel', 'thread'] as const satisfies readonly SlackScope[];

export const OPTIONS = [
  'bot_token',
  'app_token',
  'api_url',
  'insecure_http',
  'session_scope',
  'share_session_in_channel',
  'group_reply_all',
  'require_mention',
  'allow_chat',
  'reply_in_thread',
  'reaction_emoji',
  'streaming',
  'suggested_prompts',
  ...PROXY_OPTIONS,
] as const;

type Option = (typeof OPTIONS)[number];
type Options = OptionReader<Option>;

/** Reads the options of one platform entry; throws `OptionsError`. */
export function parseOptions(raw: RawOptions): SlackOptions {
  return readPlatformOptions('slack', OPTIONS, raw, (options) => ({
    botToken: token(options, 'bot_token', 'xoxb-', 'OAuth & Permissions'),
    appToken: token(options, 'app_token', 'xapp-', 'Basic Information › App-Level Tokens'),
    apiUrl: apiUrl(options),
    scope: scope(options),
    groupReplyAll: repliesToAll(options),
    allowChat: (options.texts('allow_chat', ',') ?? []).filter((id) => id !== '*'),
    replyInThread: options.flag('reply_in_thread') ?? true,
    reaction: reaction(options),
    streaming: options.flag('streaming') ?? true,
    suggestedPrompts: prompts(options),
    proxy: proxyOption(options),
  }));
}

/** The public part of a bot token, which names workspace and bot; of a token of another form, a fingerprint. */
export function botName(botToken: string): string {
  const numbers = /^xoxb-(\d+)-(\d+)-/.exec(botToken);
  if (numbers) return `${numbers[1]}-${numbers[2]}`;
  return createHash('sha256').update(botToken).digest('hex').slice(0, 16);
}

function token(options: Options, key: Option, prefix: string, place: string): string {
  const value = options.word(key);
  const advice = `copy it from the app's page, ${place}`;
  if (value === undefined) options.wrong(key, 'is missing', advice);
  else if (!value.startsWith(prefix) || !/^[\w.-]+$/.test(value))
    options.wrong(key, `does not look right: it begins with ${prefix}`, advice);
  return value ?? '';
}

function apiUrl(options: Options): string {
  const address = options.endpoint('api_url', options.flag('insecure_http') ?? false);
  return address === undefined ? PUBLIC_API : `${address}/`;
}

function scope(options: Options): SlackScope {
  const shared = options.flag('share_session_in_channel') ?? false;
  if (options.word('session_scope') === undefined) return shared ? 'channel' : 'user';
  return options.choice('session_scope', SCOPES);
}

function reaction(options: Options): string | undefined {
  const value = options.word('reaction_emoji')?.replaceAll(':', '');
  return value === 'none' ? undefined : value;
}

function prompts(options: Options): readonly string[] {
  const texts = options.texts('suggested_prompts') ?? [];
  if (texts.some((text) => text.trim() === ''))
    options.wrong('suggested_prompts', 'must be a list of texts, none of them empty');
  if (texts.length > 4) options.wrong('suggested_prompts', 'may hold four texts at most');
  return texts;
}
