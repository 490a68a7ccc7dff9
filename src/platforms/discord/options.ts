import { type OptionReader, type RawOptions, readPlatformOptions } from '../../kit/option-reader.ts';
import type { ProxySettings } from '../../kit/proxy.ts';
import { PROXY_OPTIONS, proxyOption } from '../../kit/proxy-options.ts';

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

export const OPTIONS = [
  'token',
  'api_url',
  'insecure_http',
  'guild_id',
  'group_reply_all',
  'group_reply_all_guilds',
  'respond_to_at_everyone_and_here',
  'share_session_in_channel',
  'thread_isolation',
  'reaction_emoji',
  'done_emoji',
  'max_upload_mb',
  'long_answer_messages',
  ...PROXY_OPTIONS,
] as const;

type Option = (typeof OPTIONS)[number];
type Options = OptionReader<Option>;

/** Reads the options of one platform entry; throws `OptionsError`. */
export function parseOptions(raw: RawOptions): DiscordOptions {
  return readPlatformOptions('discord', OPTIONS, raw, (options) => {
    const token = tokenOf(options);
    const insecure = options.flag('insecure_http') ?? false;
    return {
      token,
      botId: botIdOf(token),
      apiUrl: options.endpoint('api_url', insecure) ?? PUBLIC_API,
      guildId: snowflake(options, 'guild_id'),
      groupReplyAll: options.flag('group_reply_all') ?? false,
      groupReplyAllGuilds: new Set(guilds(options)),
      respondToEveryone: options.flag('respond_to_at_everyone_and_here') ?? false,
      shareSession: options.flag('share_session_in_channel') ?? false,
      threadIsolation: options.flag('thread_isolation') ?? false,
      reactionEmoji: emoji(options, 'reaction_emoji'),
      doneEmoji: emoji(options, 'done_emoji'),
      maxUploadBytes: Math.floor(uploadMb(options) * MIB),
      longAnswerMessages: options.whole('long_answer_messages', 0, 1000) ?? 6,
      proxy: proxyOption(options),
    };
  });
}

function tokenOf(options: Options): string {
  const token = options.word('token')?.replace(/^(Bot|Bearer)\s+/i, '') ?? '';
  if (token === '')
    options.wrong(
      'token',
      'is missing',
      'copy it from the Developer Portal: your application, Bot, Reset Token',
    );
  else if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) || botIdOf(token) === '')
    options.wrong(
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

function uploadMb(options: Options): number {
  const size = options.amount('max_upload_mb') ?? 10;
  if (size === 0 || size > 500) options.wrong('max_upload_mb', 'must be a number from 1 to 500');
  return size;
}

function guilds(options: Options): string[] {
  const value = options.value('group_reply_all_guilds');
  const listed = Array.isArray(value)
    ? value.map((id) => String(id).trim())
    : (options.texts('group_reply_all_guilds', ',') ?? []);
  const ids = listed.filter((id) => id !== '');
  const wrong = ids.find((id) => !/^\d{5,20}$/.test(id));
  if (wrong !== undefined)
    options.wrong('group_reply_all_guilds', `holds "${wrong}", which is not a server id`);
  return ids;
}

function snowflake(options: Options, key: Option): string | undefined {
  const value = options.word(key);
  if (value === undefined || /^\d{5,20}$/.test(value)) return value;
  return options.wrong(
    key,
    'is not an id',
    'switch on Developer Mode in Discord, then right-click and Copy ID',
  );
}

function emoji(options: Options, key: Option): string | undefined {
  const value = options.word(key);
  return value === 'none' ? undefined : value;
}
