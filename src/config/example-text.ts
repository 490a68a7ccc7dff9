/** Generated from config.example.toml; a test keeps both equal. */
export const EXAMPLE_TEXT = `# cc-connect: every setting there is, with its default.
#
# Lines that start with "# " explain. Lines that start with "#" and no blank are settings at their default:
# remove the "#" to change one. "\${NAME}" inside quotes is replaced by an environment variable, and "~" at the
# start of a path by your home folder.
#
#   cc-connect config path      which file is used
#   cc-connect config check     what is wrong with it, and what of it is not active in this version
#   cc-connect config format    tidy it up, comments stay
#   cc-connect reload           apply changes without a restart

# Where sessions, messages, history and locks live.
#data_dir = "~/.cc-connect"

# en, zh, zh-TW, ja or es. Empty: detected from what each person writes.
#language = ""

# Whether the agent may send pictures and files to the chat ("on" or "off"), also the pictures of its work directory
# that an answer shows as Markdown images.
#attachment_send = "on"
# Largest file it may send, in MiB. CC_MAX_ATTACHMENT_SIZE_MB in the environment wins.
#max_attachment_size_mb = 50

# Old switch for display.mode = "quiet".
#quiet = false

# Where the list of ready-made model providers comes from. Empty: the built-in address.
#provider_presets_url = ""

# A turn ends when its agent has said nothing for this long (0: never) ...
#idle_timeout_mins = 120
# ... or when it has lasted this long (0: no limit).
#max_turn_time_mins = 0

# multi-workspace projects: close a workspace's agent after this many idle minutes (0: never).
#workspace_idle_timeout_mins = 15

# The shell for /shell, scheduled commands, hooks and webhooks. Empty: sh, or powershell.exe on Windows.
#shell = ""
# Text put on a line before each command, for example ". ~/.profile".
#shell_profile = ""

# Messages that contain one of these words are refused.
#banned_words = []

# What happens to a message that arrives while the agent works:
# "queue" (after this turn), "steer" (into this turn, where the agent can), "interrupt" (instead of this turn),
# "collect" (all that come within collect_window_ms become one turn).
#busy_mode = "queue"
#collect_window_ms = 1500

# How many agent processes may be kept alive. 0: a quarter of the memory at 300 MB each, at least 2.
#max_live_agents = 0

# Permission requests expire after this many minutes (0: never). An expired one can be asked again.
#approval_timeout_mins = 0

# After a turn longer than this, a short message tells you that it is done, where edits do not notify.
#notify_after_secs = 60

# Messages that waited longer than this while the daemon was down ask before they run.
#stale_after_mins = 120

# "full": an accepted message survives a power cut. "normal": it survives a crash of the program only, and is faster.
#durability = "full"

[restart]
# A turn that was running when the daemon was killed: "notify" shows a Continue button, "continue" goes on by itself.
#on_interrupted_turn = "notify"
# How long to wait at the start for such an agent to finish by itself.
#grace_secs = 20
# A message during which the daemon crashed this often is put aside (0: never).
#max_crashes = 3

# How many days records are kept (0: for ever), and how much room received files may take.
[retention]
#inbox_days = 30
#outbox_days = 30
#history_days = 180
#audit_days = 365
#staged_days = 7
#staged_max_mb = 2048

[log]
# debug, info, warn or error.
#level = "info"

# What is shown while the agent works. A project can override each of these under [projects.display].
[display]
# "full": everything. "compact": answers only, one message each. "quiet": answers only, in one message.
#mode = "full"
# "rich": what the agent does and its growing answer are one message, where the platform can change messages.
#card_mode = "legacy"
# Default: true in full mode, false otherwise.
#thinking_messages = true
#tool_messages = true
# Longest text shown, in characters (0: no limit).
#thinking_max_len = 300
#tool_max_len = 500
#history_max_len = 1000
# The line below an answer: context left, work folder, model and cost.
#show_context_indicator = true
#show_workdir_indicator = true
#reply_footer = true
# Hide a footer the agent writes by itself.
#hide_agent_footer = false

# The answer grows in the chat while it is written.
[stream_preview]
#enabled = true
#disabled_platforms = []
#interval_ms = 1500
#min_delta_chars = 30
#max_chars = 2000

# A first reply before the agent says anything. Empty content: a translated default.
[instant_reply]
#enabled = false
#content = ""

# Messages accepted per session (0 messages: no limit).
[rate_limit]
#max_messages = 20
#window_secs = 60

# Messages sent per second and at once (0: only the platform's own limits). Default burst: the rate, rounded up.
[outgoing_rate_limit]
#max_per_second = 0
#burst = 0

#[outgoing_rate_limit.platforms.wecom]
#max_per_second = 0.5
#burst = 1

# How many messages may wait per session. More are kept as well, with a button to run them.
[queue]
#max_depth = 5

# Messages between projects.
[relay]
# 0: no limit.
#timeout_secs = 120
# "full", "summary" or "none".
#visibility = "full"

# Scheduled work: whether a run is announced, and "reuse" or "new_per_run" sessions.
[cron]
#silent = false
#session_mode = "reuse"

# Voice messages to text.
[speech]
#enabled = false
# openai, groq, qwen or gemini.
#provider = "openai"
# For example "zh". Empty: detected.
#language = ""

[speech.openai]
#api_key = ""
#base_url = ""
#model = "whisper-1"

[speech.groq]
#api_key = ""
#base_url = ""
#model = "whisper-large-v3-turbo"

[speech.qwen]
#api_key = ""
#base_url = ""
#model = "qwen3-asr-flash"

[speech.gemini]
#api_key = ""
#base_url = ""
#model = "gemini-flash-latest"

# Answers as voice messages.
[tts]
#enabled = false
# openai, qwen, minimax, mimo, espeak, pico or edge.
#provider = "openai"
# Default: the provider's own. voice_id is another name for it.
#voice = ""
#voice_id = ""
#speed = 1.0
#language_type = ""
# "voice_only": answer voice with voice. "always": every answer.
#tts_mode = "voice_only"
# Longer answers stay text (0: no limit).
#max_text_len = 0

[tts.openai]
#api_key = ""
#base_url = ""
#model = ""

[tts.qwen]
#api_key = ""
#base_url = ""
#model = ""

[tts.minimax]
#api_key = ""
#base_url = ""
#model = ""
# JSON with api_key, api_host and base_url. Empty: <data_dir>/config/minimax.json.
#config_file = ""

[tts.mimo]
#api_key = ""
#base_url = ""
#model = ""

# The same for one project, by its name.
#[tts.agents.my-project]
#provider = "openai"
#voice = ""
#voice_id = ""
#speed = 1.0
#language_type = ""
#max_text_len = 0

# Start work from other programs by HTTP. Without a token it does not start.
[webhook]
#enabled = false
#port = 9111
#token = ""
#path = "/hook"

# Adapters written by others connect here by WebSocket. Needs a token, unless insecure = true (development only).
[bridge]
#enabled = false
#port = 9810
#token = ""
#path = "/bridge/ws"
#cors_origins = []
#insecure = false

# The management API and web page. Without a token it does not start.
[management]
#enabled = false
#port = 9820
#token = ""
#cors_origins = []

# Copies of every message to a database. Enabled by default when one is named.
[audit]
#enabled = false
#timeout_ms = 2000

[audit.postgres]
#dsn = ""
#table = ""
#auto_create = true
# "minimal", "lookup" or "full".
#index_profile = "minimal"
#max_open_conns = 10
#max_idle_conns = 5
#conn_max_lifetime_mins = 30

[audit.mongodb]
#uri = ""
#database = ""
#collection = ""
#auto_create_indexes = true
#index_profile = "minimal"

# Tell other programs what happens. event: message.received, message.sent, session.started, session.ended,
# cron.triggered, timer.triggered, permission.requested, error or "*". type: "command" or "http".
#[[hooks]]
#event = "session.ended"
#type = "command"
#command = "echo done >> ~/cc-connect-events"
#url = ""
# Seconds (0: 10 for commands, 5 for http), and whether the daemon goes on without waiting.
#timeout = 0
#async = true

# Other words for commands.
#[[aliases]]
#name = "help me"
#command = "/help"

# Commands of your own: a prompt for the agent, or a shell command.
#[[commands]]
#name = "review"
#description = "Review the last commit"
#prompt = "Review the last commit and list problems by severity."
#exec = ""
#work_dir = ""

# Model providers that several projects can use, by agent.provider_refs.
#[[providers]]
#name = "relay"
#api_key = "sk-..."
#base_url = "https://api.example.com"
#model = ""
#thinking = ""
# Only for these agents (empty: all), and other addresses, models and lists for some of them.
#agent_types = []
#endpoints = { codex = "https://api.example.com/v1" }
#agent_models = { codex = "example/model" }
#agent_model_lists = { codex = [{ model = "example/model", alias = "m" }] }
#env = { EXAMPLE_FLAG = "1" }
# For the agents that can be told: the variable the key travels in, the interface spoken, headers sent.
#env_key = ""
#wire_api = ""
#http_headers = {}
#[[providers.models]]
#model = "example-large"
#alias = "large"
# The same for codex alone.
#[providers.codex]
#env_key = "EXAMPLE_API_KEY"
#wire_api = "responses"
#http_headers = { X-Example = "1" }

# A project: one agent in one folder, and the chats it is reached from. As many as you like.
[[projects]]
# Unique; part of file names.
name = "my-project"

# Start a new session after this many minutes without a message (0: never).
#reset_on_idle_mins = 30
# Close the agent process after this many idle minutes; the session stays (0: never).
#agent_session_idle_timeout_mins = 0
# Put the sender's name and platform before each message.
#inject_sender = false
# /list shows only sessions that were started from a chat.
#filter_external_sessions = false
# Commands nobody may use here, for example ["shell", "restart"].
#disabled_commands = []
# Who may use privileged commands: ids, separated by commas, or "*". Empty: the first paired person.
#admin_from = ""
# Run the agent as another, unprivileged system user (Linux and macOS), with these extra variables. Not in this version:
# a project with it is left out, for its agent would run as the user of cc-connect.
#run_as_user = ""
#run_as_env = []
# Overrides of the settings of the same name above.
#quiet = false
#show_context_indicator = true
#show_workdir_indicator = true
#reply_footer = true
#reply_footer_tokens = false
#shell = ""
#shell_profile = ""
#busy_mode = "queue"
#collect_window_ms = 1500
#approval_timeout_mins = 0
#notify_after_secs = 60
#stale_after_mins = 120
# Old place of the setting of the same name above.
#workspace_idle_timeout_mins = 15

# The agent. type: claudecode, codex, cursor, gemini, antigravity, qoder, opencode, crush, iflow, kimi, pi, copilot,
# acp, devin, reasonix, tmux, or demo (built in, for trying things out).
[projects.agent]
type = "claudecode"
# What people call it when a project has several agents. Default: its type.
#name = "claudecode"
# Other words that mean it.
#aliases = []
# Shared providers this project can use.
#provider_refs = []

[projects.agent.options]
# Where the agent works, relative to the folder cc-connect is started in.
work_dir = "."
# Permission mode; the words are the agent's own. claudecode: default, acceptEdits, plan, auto, bypassPermissions, dontAsk.
#mode = "default"
#model = ""
#reasoning_effort = ""
# The active provider, by name.
#provider = ""
# The program and leading arguments, if not the usual ones; a text or a list.
#cmd = "claude"
# Variables for the agent.
#env = {}
# claudecode: tools that need no permission, tools it may not use, prompt texts, plugins.
#allowed_tools = []
#disallowed_tools = []
#system_prompt = ""
#append_system_prompt = ""
#plugin_dir = ""
# claudecode: Claude Code Router.
#router_url = ""
#router_api_key = ""
# claudecode: let root use bypassPermissions.
#allow_root_bypass = false
# gemini: "acp" (one process per conversation, with approvals) or "stream-json" (one per turn, asks nobody).
# opencode: "acp" or "run", likewise.
#backend = "acp"
# Modes of gemini: default, auto_edit, yolo, plan. Of opencode: default, plan, yolo. Of cursor: default, force, plan, ask.
# Of iflow: default, auto-edit, plan, yolo. Of antigravity: default, yolo, plan. Of crush: yolo alone, as it asks nobody.
# gemini (stream-json), opencode (run), cursor, iflow, antigravity, crush: a turn that takes longer is ended; 0 is no limit.
#timeout_mins = 0
# opencode: one of its own agents ("opencode agent list"), over the mode.
#agent = ""
# crush: folder of its conversations and logs, relative to work_dir, if not its own choice.
#data_dir = ""
# antigravity: its folder of settings, if not ~/.gemini.
#gemini_dir = ""
# pi: how long it thinks (off, minimal, low, medium, high, xhigh). Modes of pi: default, plan, yolo.
#thinking = ""
# tmux: the session with the program, or a whole target of a pane that is there; see docs/agents/tmux.md.
#session = "work"
#pane = "0"
#target = "work:0.0"
#socket = ""
#auto_create = true
#window_per_session = false
#keep_pane = true
# tmux: what runs in a pane that is created.
#init_command = "claude"
#shell = ""
# tmux: how the end of a turn is seen, and what of the screen is no answer.
#prompt_pattern = ""
#busy_pattern = ""
#strip_patterns = []
#strip_input_block = true
#poll_interval_ms = 200
#settle_ms = 800
#quiet_ms = 5000
#startup_wait_ms = 10000
# tmux: keys, as tmux names them.
#interrupt_keys = ["C-c"]
#submit_key = "Enter"
#submit_delay_ms = 150
#history_limit = 50000
#width = 200
#height = 50

# Providers of this project only; the keys are those of [[providers]].
#[[projects.agent.providers]]
#name = "anthropic"
#api_key = "sk-ant-..."

# More agents of this project; the keys are those of [projects.agent]. /agent lists and switches them, "@codex fix
# this" asks one of them once. Each needs a name of its own when its type is there already.
#[[projects.agents]]
#type = "codex"
#[projects.agents.options]
#work_dir = "."

# Which agent, and which provider of it, serves which models: /model gpt-5 goes on with that agent, in its own
# conversation. The first that fits counts.
#[[projects.model_routes]]
# One name or several; * stands for anything, ? for one character.
#match = ["gpt-*", "o?"]
#agent = "codex"
#provider = ""

# A program that makes a model available before an agent is asked for it; a list, or a text split at spaces. No shell.
#[projects.model_switch]
#command = ["use-model", "{model}", "{agent}", "{provider}"]
#timeout_secs = 30
# A failure ends the turn with a message (otherwise it is a warning).
#strict = false
# It changes files that agents read when they start: one switch at a time, until that agent has its prompt.
#edits_shared_config = false

# Places that always speak with one agent; the narrowest that fits counts. A platform can be bound as a whole with
# agent = "codex" among its options.
#[[projects.pins]]
#agent = "codex"
# A platform's type or the name of one bot; empty: any. /whoami shows chat and thread.
#platform = ""
#chat = ""
#thread = ""

# Telegram. Talk to @BotFather to get a token.
#[[projects.platforms]]
#type = "telegram"
#[projects.platforms.options]
#token = "123456:ABC..."
# Ids separated by commas; "*" lets everyone in. Empty: unknown people get a pairing code in a direct chat.
#allow_from = ""
#group_reply_all = false
#share_session_in_channel = false
#enable_reactions = true
#progress_style = "compact"
# Your own Bot API server; plain http only to this machine, unless insecure_http = true.
#api_base = "https://api.telegram.org"
#insecure_http = false
#proxy = ""
#proxy_username = ""
#proxy_password = ""

# One bot for several projects: give each project the same credentials. The bot connects once, and every message goes
# to exactly one project: the one that claims the thread, else the chat, else the person, else what /project chose in
# that chat, else the default, else the first in this file. "cc-connect routes" shows what goes where, and /whoami the ids.
#[projects.platforms.routes]
#chats = ["-1001234567890"]
# A thread's id, or "<chat>:<thread>".
#threads = ["-1001234567890:45"]
#users = ["12345", "@ada"]
#default = false

# Feishu ("lark" for the international service). Create an app at https://open.feishu.cn.
#[[projects.platforms]]
#type = "feishu"
#[projects.platforms.options]
#app_id = "cli_..."
#app_secret = "..."
#allow_from = ""
#allow_chat = ""
#group_only = false
#group_reply_all = false
#require_mention = true
#respond_to_at_everyone_and_here = false
#share_session_in_channel = false
#thread_isolation = false
#resolve_mentions = false
#mention_map = {}
#peer_bots = {}
#reply_to_trigger = true
#reaction_emoji = "OnIt"
#done_emoji = ""
#progress_style = "legacy"
#enable_feishu_card = true
#image_batch_window_ms = 500
# Your own endpoint; plain http only to this machine, unless insecure_http = true.
#domain = "https://open.feishu.cn"
#insecure_http = false
# Events by HTTP instead of a connection: set encrypt_key or port.
#port = 8080
#callback_path = "/feishu/webhook"
#encrypt_key = ""
#verification_token = ""

# Discord: needs the Message Content Intent. docs/platforms/discord.md says how to set it up.
#[[projects.platforms]]
#type = "discord"
#[projects.platforms.options]
#token = "..."
#allow_from = ""
# Server in which slash commands are there at once.
#guild_id = ""
#group_reply_all = false
#group_reply_all_guilds = ""
#respond_to_at_everyone_and_here = false
#share_session_in_channel = false
# A thread and a session of its own for each first message in a channel.
#thread_isolation = false
#reaction_emoji = ""
#done_emoji = ""
#max_upload_mb = 10
# Answers of more messages are sent as their beginning and a file answer.md; 0: always as messages.
#long_answer_messages = 6
#progress_style = "legacy"
#proxy = ""

# Slack
#[[projects.platforms]]
#type = "slack"
#options = { bot_token = "xoxb-...", app_token = "xapp-...", allow_from = "", session_scope = "user" }

# DingTalk
#[[projects.platforms]]
#type = "dingtalk"
#options = { client_id = "...", client_secret = "...", allow_from = "" }

# WeCom; mode "callback" or "websocket" (then bot_id and bot_secret)
#[[projects.platforms]]
#type = "wecom"
#options = { mode = "websocket", bot_id = "...", bot_secret = "...", allow_from = "" }

# Weixin (WeChat, personal). The token comes from scanning a QR code.
#[[projects.platforms]]
#type = "weixin"
#[projects.platforms.options]
#token = "...@im.bot:..."
# Keeps conversations together when a new scan gives a new token.
#account_id = "home"
#allow_from = ""
# Messages that may be sent unasked within so many seconds; 0: no limit of our own.
#burst_limit = 4
#burst_window_secs = 86400
#long_poll_timeout_ms = 35000
#route_tag = ""
# Absolute; cursor and context tokens of the Go cc-connect are taken over from there.
#state_dir = ""
# Your own endpoints; plain http only to this machine, unless insecure_http = true.
#base_url = "https://ilinkai.weixin.qq.com"
#cdn_base_url = "https://novac2c.cdn.weixin.qq.com/c2c"
#insecure_http = false
#proxy = ""
#proxy_username = ""
#proxy_password = ""

# LINE
#[[projects.platforms]]
#type = "line"
#options = { channel_secret = "...", channel_token = "...", port = 8080, callback_path = "/callback" }

# QQ by OneBot, and the official QQ bot
#[[projects.platforms]]
#type = "qq"
#options = { ws_url = "ws://127.0.0.1:3001", token = "", allow_from = "" }
#[[projects.platforms]]
#type = "qqbot"
#options = { app_id = "...", app_secret = "...", sandbox = false, allow_from = "" }

# Matrix
#[[projects.platforms]]
#type = "matrix"
#options = { homeserver = "https://matrix.org", access_token = "...", allow_from = "" }

# Who may do what. Each id is in one role; "*" in one role means everyone else.
#[projects.users]
#default_role = "member"
#[projects.users.roles.admin]
#user_ids = ["12345"]
#disabled_commands = []
#[projects.users.roles.member]
#user_ids = ["*"]
#disabled_commands = ["shell"]
#rate_limit = { max_messages = 20, window_secs = 60 }

# Overrides of [display] for this project.
#[projects.display]
#mode = "full"
#card_mode = "legacy"
#thinking_messages = true
#tool_messages = true
#thinking_max_len = 300
#tool_max_len = 500
#history_max_len = 1000
#show_context_indicator = true
#show_workdir_indicator = true
#reply_footer = true
#hide_agent_footer = false

# Compress the conversation when it grows.
[projects.auto_compress]
#enabled = false
#max_tokens = 12000
#min_gap_mins = 30

# A prompt at regular times, into the session with this key. Empty prompt: HEARTBEAT.md of the work folder.
[projects.heartbeat]
#enabled = false
#interval_mins = 30
#only_when_idle = true
#session_key = ""
#prompt = ""
#silent = true
#timeout_mins = 30

# Show terminal sessions of the agent in a Slack channel.
[projects.observe]
#enabled = false
#channel = ""

# How references to local files are shown in answers, for these agents and platforms (types, or "all").
# Off while the first two lists are empty.
[projects.references]
#normalize_agents = []
#render_platforms = []
# absolute, relative, basename, dirname_basename or smart.
#display_path = "dirname_basename"
# none, ascii or emoji.
#marker_style = "emoji"
# none, bracket, angle, fullwidth or code.
#enclosure_style = "code"

# A project whose chats each have a folder of their own below base_dir. Its agent has no work_dir. Not in this version:
# such a project is left out.
#[[projects]]
#name = "workspaces"
#mode = "multi-workspace"
#base_dir = "~/workspaces"
# Offer to make a folder instead of cloning a repository.
#skip_git = false
#workspace_init_allow_local_paths = false
#[projects.agent]
#type = "claudecode"
# More agents people can switch to in this project ("agent_types" in older files).
#[[projects.agents]]
#name = "second"
#type = "codex"
#options = {}
#provider_refs = []
`;
