import { AppError } from '../../core/errors.ts';
import { checkEndpoint } from '../../kit/endpoint.ts';
import { type ProxySettings, proxyUrl } from '../../kit/proxy.ts';

/** What `[projects.platforms.options]` may say for `type = "discord"`. */
export interface DiscordOptions {
  /** From the Developer Portal, without the word "Bot". */
  readonly token: string;
  /** The bot's user id; the token's first part tells it. */
  readonly botId: string;
  /** Address of the REST API, without version and trailing slash. */
  readonly apiUrl: string;
  /** Server whose slash commands are there at once; others may take an hour. */
  readonly guildId: string | undefined;
  /** Answer in servers without being mentioned. */
  readonly groupReplyAll: boolean;
  /** The same, only in these servers. */
  readonly groupReplyAllGuilds: ReadonlySet<string>;
  /** `@everyone` and `@here` mean the bot too. */
  readonly respondToEveryone: boolean;
  /** One session per channel instead of one per person. */
  readonly shareSession: boolean;
  /** A thread of its own for every first message in a channel. */
  readonly threadIsolation: boolean;
  /** Put on the message being worked on. */
  readonly reactionEmoji: string | undefined;
  /** Put on a message that was answered. */
  readonly doneEmoji: string | undefined;
  /** Bytes of one upload; servers with boosts take more than the usual 10 MiB. */
  readonly maxUploadBytes: number;
  /** Messages an answer may need before it is sent as its beginning and a file; 0 = always as messages. @default 6 */
  readonly longAnswerMessages: number;
  readonly proxy: ProxySettings | undefined;
}

export const PUBLIC_API = 'https://discord.com/api';
const MIB = 1024 * 1024;

type Raw = Readonly<Record<string, unknown>>;

/** Reads the options of one platform entry; throws `options_invalid` naming the key. */
export function parseOptions(raw: Raw): DiscordOptions {
  const token = readToken(raw);
  const apiUrl = text(raw, 'api_url');
  const uploadMb = raw.max_upload_mb ?? 10;
  if (typeof uploadMb !== 'number' || !(uploadMb > 0 && uploadMb <= 500))
    throw invalid('max_upload_mb', 'must be a number from 1 to 500');
  const longAnswer = raw.long_answer_messages ?? 6;
  if (typeof longAnswer !== 'number' || !Number.isInteger(longAnswer) || longAnswer < 0 || longAnswer > 1000)
    throw invalid('long_answer_messages', 'must be a whole number from 0 to 1000');
  return {
    token,
    botId: botIdOf(token),
    apiUrl: apiUrl ? checkEndpoint(apiUrl, flag(raw, 'insecure_http', false)) : PUBLIC_API,
    guildId: snowflake(raw, 'guild_id'),
    groupReplyAll: flag(raw, 'group_reply_all', false),
    groupReplyAllGuilds: new Set(guilds(raw)),
    respondToEveryone: flag(raw, 'respond_to_at_everyone_and_here', false),
    shareSession: flag(raw, 'share_session_in_channel', false),
    threadIsolation: flag(raw, 'thread_isolation', false),
    reactionEmoji: emoji(raw, 'reaction_emoji'),
    doneEmoji: emoji(raw, 'done_emoji'),
    maxUploadBytes: Math.floor(uploadMb * MIB),
    longAnswerMessages: longAnswer,
    proxy: proxy(raw),
  };
}

function readToken(raw: Raw): string {
  const token = text(raw, 'token')
    ?.trim()
    .replace(/^(Bot|Bearer)\s+/i, '');
  if (!token)
    throw invalid(
      'token',
      'is missing',
      'copy it from the Developer Portal: your application, Bot, Reset Token',
    );
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) || botIdOf(token) === '')
    throw invalid(
      'token',
      'does not look like a bot token',
      'it has three parts with dots between; the client secret and the public key are something else',
    );
  return token;
}

/** The first part of a token is the bot's id in base 64. */
function botIdOf(token: string): string {
  const id = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('latin1');
  return /^\d{5,20}$/.test(id) ? id : '';
}

function guilds(raw: Raw): string[] {
  const value = raw.group_reply_all_guilds;
  const listed = Array.isArray(value)
    ? value.map(String)
    : (text(raw, 'group_reply_all_guilds') ?? '').split(',');
  const ids = listed.map((id) => id.trim()).filter((id) => id !== '');
  const wrong = ids.find((id) => !/^\d{5,20}$/.test(id));
  if (wrong !== undefined)
    throw invalid('group_reply_all_guilds', `holds "${wrong}", which is not a server id`);
  return ids;
}

function snowflake(raw: Raw, key: string): string | undefined {
  const value = text(raw, key)?.trim();
  if (!value) return undefined;
  if (!/^\d{5,20}$/.test(value))
    throw invalid(key, 'is not an id', 'switch on Developer Mode in Discord, then right-click and Copy ID');
  return value;
}

function emoji(raw: Raw, key: string): string | undefined {
  const value = text(raw, key)?.trim();
  return value && value !== 'none' ? value : undefined;
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
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(key, 'must be a text in quotes');
}

function flag(raw: Raw, key: string, otherwise: boolean): boolean {
  const value = raw[key];
  if (value === undefined) return otherwise;
  if (typeof value === 'boolean') return value;
  throw invalid(key, 'must be true or false');
}

function invalid(key: string, what: string, advice?: string): AppError {
  return new AppError('options_invalid', `discord: ${key} ${what}`, {
    kind: 'validation',
    ...(advice ? { advice } : {}),
  });
}
