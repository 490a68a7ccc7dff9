import { createHash } from 'node:crypto';
import { AppError, describeError } from '../../core/errors.ts';
import { checkEndpoint } from '../../kit/endpoint.ts';
import { type ProxySettings, proxyUrl } from '../../kit/proxy.ts';

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

type Raw = Readonly<Record<string, unknown>>;

/** Reads the options of one platform entry. @throws AppError `options_invalid` naming the key. */
export function parseOptions(raw: Raw): SlackOptions {
  return {
    botToken: token(raw, 'bot_token', 'xoxb-', 'OAuth & Permissions'),
    appToken: token(raw, 'app_token', 'xapp-', 'Basic Information › App-Level Tokens'),
    apiUrl: apiUrl(raw),
    scope: scope(raw),
    groupReplyAll: flag(raw, 'group_reply_all', false) || !flag(raw, 'require_mention', true),
    allowChat: (text(raw, 'allow_chat') ?? '')
      .split(',')
      .map((id) => id.trim())
      .filter((id) => id !== '' && id !== '*'),
    replyInThread: flag(raw, 'reply_in_thread', true),
    reaction: reaction(raw),
    streaming: flag(raw, 'streaming', true),
    suggestedPrompts: prompts(raw),
    proxy: proxy(raw),
  };
}

/** The public part of a bot token, which names workspace and bot; of a token of another form, a fingerprint. */
export function botName(botToken: string): string {
  const numbers = /^xoxb-(\d+)-(\d+)-/.exec(botToken);
  if (numbers) return `${numbers[1]}-${numbers[2]}`;
  return createHash('sha256').update(botToken).digest('hex').slice(0, 16);
}

function token(raw: Raw, key: string, prefix: string, place: string): string {
  const value = text(raw, key);
  if (value === undefined) throw invalid(key, 'is missing', `copy it from the app's page, ${place}`);
  if (!value.startsWith(prefix) || !/^[\w.-]+$/.test(value))
    throw invalid(
      key,
      `does not look right: it begins with ${prefix}`,
      `copy it from the app's page, ${place}`,
    );
  return value;
}

function apiUrl(raw: Raw): string {
  const value = text(raw, 'api_url');
  if (value === undefined) return PUBLIC_API;
  try {
    return `${checkEndpoint(value, flag(raw, 'insecure_http', false))}/`;
  } catch (error) {
    throw invalid('api_url', describeError(error));
  }
}

function scope(raw: Raw): SlackScope {
  const value = text(raw, 'session_scope');
  if (value === undefined) return flag(raw, 'share_session_in_channel', false) ? 'channel' : 'user';
  if (value !== 'user' && value !== 'channel' && value !== 'thread')
    throw invalid('session_scope', `"${value}" is not one of user, channel, thread`);
  return value;
}

function reaction(raw: Raw): string | undefined {
  const value = text(raw, 'reaction_emoji')?.replaceAll(':', '');
  return value === undefined || value === 'none' ? undefined : value;
}

function prompts(raw: Raw): readonly string[] {
  const value = raw.suggested_prompts ?? [];
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string' && one.trim() !== ''))
    throw invalid('suggested_prompts', 'must be a list of texts');
  if (value.length > 4) throw invalid('suggested_prompts', 'may hold four texts at most');
  return value as string[];
}

function proxy(raw: Raw): ProxySettings | undefined {
  const url = text(raw, 'proxy');
  if (url === undefined) return undefined;
  const username = text(raw, 'proxy_username');
  const password = text(raw, 'proxy_password');
  const settings = { url, ...(username ? { username } : {}), ...(password ? { password } : {}) };
  proxyUrl(settings); // refuses a bad address now and not at the first call
  return settings;
}

function text(raw: Raw, key: string): string | undefined {
  const value = raw[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid(key, 'must be a text in quotes');
  return value.trim() === '' ? undefined : value.trim();
}

function flag(raw: Raw, key: string, otherwise: boolean): boolean {
  const value = raw[key];
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== 'boolean') throw invalid(key, 'must be true or false');
  return value;
}

function invalid(key: string, what: string, advice?: string): AppError {
  return new AppError('options_invalid', `slack: ${key} ${what}`, {
    kind: 'validation',
    ...(advice ? { advice } : {}),
  });
}
