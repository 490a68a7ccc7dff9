/** The config written at the first start. */
import { writeValue } from './toml-write.ts';

export interface StarterOptions {
  /** The agent found on this machine, or `demo`. */
  readonly agentType: string;
  /** Absolute. */
  readonly workDir: string;
  /** Only when it is not the default folder. */
  readonly dataDir?: string;
  /** Default: `my-project`. */
  readonly projectName?: string;
}

/** A small commented config without any chat platform: the terminal chat works at once. */
export function starterConfig(options: StarterOptions): string {
  const dataDir = options.dataDir === undefined ? '' : `data_dir = ${writeValue(options.dataDir)}\n\n`;
  return `# cc-connect configuration.
# All settings: cc-connect config example     Check this file: cc-connect config check
# Apply changes: cc-connect reload

${dataDir}# en, zh, zh-TW, ja or es. Empty: detected from what each person writes.
language = ""

[[projects]]
name = ${writeValue(options.projectName ?? 'my-project')}

[projects.agent]
type = ${writeValue(options.agentType)}

[projects.agent.options]
# The folder the agent works in.
work_dir = ${writeValue(options.workDir)}
# How much the agent may do without asking. The words are the agent's own: /mode in a chat lists them.
# mode = "default"

# To chat from Telegram, Feishu, Slack, Discord or Weixin: cc-connect telegram setup (feishu setup, …) checks your bot
# and writes it here. Or by hand, for example a token from @BotFather for Telegram: remove the "#" below.
# Unknown people get a pairing code, which you approve with: cc-connect pair approve CODE
#
# [[projects.platforms]]
# type = "telegram"
# [projects.platforms.options]
# token = "\${TELEGRAM_BOT_TOKEN}"

# To chat from Feishu (or type = "lark"): create an app at https://open.feishu.cn.
#
# [[projects.platforms]]
# type = "feishu"
# [projects.platforms.options]
# app_id = "cli_..."
# app_secret = "\${FEISHU_APP_SECRET}"
`;
}
