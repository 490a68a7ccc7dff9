import { type OptionReader, type RawOptions, readPlatformOptions } from '../../kit/option-reader.ts';
import type { ProxySettings } from '../../kit/proxy.ts';
import { PROXY_OPTIONS, proxyOption } from '../../kit/proxy-options.ts';

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

export const OPTIONS = [
  'token',
  'api_base',
  'insecure_http',
  'group_reply_all',
  'share_session_in_channel',
  'enable_reactions',
  'drafts',
  'rich_messages',
  ...PROXY_OPTIONS,
] as const;

type Options = OptionReader<(typeof OPTIONS)[number]>;

/** Reads the options of one platform entry; throws `OptionsError`. */
export function parseOptions(raw: RawOptions): TelegramOptions {
  return readPlatformOptions('telegram', OPTIONS, raw, (options) => {
    const insecure = options.flag('insecure_http') ?? false;
    const apiBase = options.endpoint('api_base', insecure);
    return {
      token: tokenOf(options),
      apiBase: apiBase ?? PUBLIC_API,
      selfHosted: apiBase !== undefined,
      groupReplyAll: options.flag('group_reply_all') ?? false,
      shareSession: options.flag('share_session_in_channel') ?? false,
      reactions: options.flag('enable_reactions') ?? false,
      drafts: options.flag('drafts') ?? true,
      richMessages: options.flag('rich_messages') ?? false,
      proxy: proxyOption(options),
    };
  });
}

function tokenOf(options: Options): string {
  const token = options.word('token');
  if (token === undefined)
    options.wrong('token', 'is missing', 'ask @BotFather for a bot token and put it here');
  else if (!/^\d{1,20}:[\w-]+$/.test(token))
    options.wrong('token', 'does not look like a bot token', 'it has the form 123456789:AA…; copy it whole');
  return token ?? '';
}
