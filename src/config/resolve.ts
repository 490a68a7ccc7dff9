/** A project's settings with everything shadowed that it overrides. */
import type { Config, DisplayConfig, ProjectConfig } from './schema/root.ts';

export interface DisplaySettings {
  readonly mode: 'full' | 'compact' | 'quiet';
  readonly card_mode: 'legacy' | 'rich';
  readonly thinking_messages: boolean;
  readonly tool_messages: boolean;
  /** Characters; 0 means unlimited. */
  readonly thinking_max_len: number;
  readonly tool_max_len: number;
  readonly history_max_len: number;
  readonly show_context_indicator: boolean;
  readonly show_workdir_indicator: boolean;
  readonly reply_footer: boolean;
  readonly reply_footer_tokens: boolean;
  readonly hide_agent_footer: boolean;
}

/** What the engine needs to know about a project; plain data, compared on reload. */
export interface ProjectSettings {
  readonly name: string;
  readonly display: DisplaySettings;
  readonly busy_mode: Config['busy_mode'];
  readonly collect_window_ms: number;
  /** 0: an approval never expires. */
  readonly approval_timeout_mins: number;
  readonly notify_after_secs: number;
  readonly stale_after_mins: number;
  readonly idle_timeout_mins: number;
  readonly max_turn_time_mins: number;
  readonly reset_on_idle_mins: number;
  readonly agent_session_idle_timeout_mins: number;
  readonly workspace_idle_timeout_mins: number;
  readonly queue_max_depth: number;
  readonly attachment_send: boolean;
  readonly max_attachment_size_mb: number;
  /** Empty: the system's. */
  readonly shell: string;
  readonly shell_profile: string;
  readonly inject_sender: boolean;
  readonly filter_external_sessions: boolean;
  readonly banned_words: readonly string[];
  readonly disabled_commands: readonly string[];
  readonly admin_from: string;
  readonly language: Config['language'];
  readonly stream_preview: Config['stream_preview'];
  readonly instant_reply: Config['instant_reply'];
  readonly rate_limit: Config['rate_limit'];
}

/** Resolves every setting of one project. Pure. */
export function resolveProject(config: Config, project: ProjectConfig): ProjectSettings {
  return {
    name: project.name,
    display: resolveDisplay(config, project),
    busy_mode: project.busy_mode ?? config.busy_mode,
    collect_window_ms: project.collect_window_ms ?? config.collect_window_ms,
    approval_timeout_mins: project.approval_timeout_mins ?? config.approval_timeout_mins,
    notify_after_secs: project.notify_after_secs ?? config.notify_after_secs,
    stale_after_mins: project.stale_after_mins ?? config.stale_after_mins,
    idle_timeout_mins: config.idle_timeout_mins,
    max_turn_time_mins: config.max_turn_time_mins,
    reset_on_idle_mins: project.reset_on_idle_mins,
    agent_session_idle_timeout_mins: project.agent_session_idle_timeout_mins,
    workspace_idle_timeout_mins:
      config.workspace_idle_timeout_mins ?? project.workspace_idle_timeout_mins ?? 15,
    queue_max_depth: config.queue.max_depth,
    attachment_send: config.attachment_send,
    max_attachment_size_mb: config.max_attachment_size_mb,
    shell: project.shell ?? config.shell,
    shell_profile: project.shell_profile ?? config.shell_profile,
    inject_sender: project.inject_sender,
    filter_external_sessions: project.filter_external_sessions,
    banned_words: config.banned_words,
    disabled_commands: project.disabled_commands,
    admin_from: project.admin_from,
    language: config.language,
    stream_preview: config.stream_preview,
    instant_reply: config.instant_reply,
    rate_limit: config.rate_limit,
  };
}

/**
 * For each flag: `[projects.display]`, then the project's own flag of the same name, then `[display]`, then the
 * default. The mode comes from the nearest `mode`, else from the old `quiet` flag; outside full mode thinking and
 * tool messages are off unless a flag turns them on.
 */
function resolveDisplay(config: Config, project: ProjectConfig): DisplaySettings {
  const own = project.display;
  const shared = config.display;
  const pick = <K extends keyof DisplayConfig>(key: K): DisplayConfig[K] => own[key] ?? shared[key];
  const quiet = project.quiet ?? config.quiet ?? false;
  const mode = pick('mode') ?? (quiet ? 'quiet' : 'full');
  return {
    mode,
    card_mode: pick('card_mode') ?? 'legacy',
    thinking_messages: pick('thinking_messages') ?? mode === 'full',
    tool_messages: pick('tool_messages') ?? mode === 'full',
    thinking_max_len: pick('thinking_max_len') ?? 300,
    tool_max_len: pick('tool_max_len') ?? 500,
    history_max_len: pick('history_max_len') ?? 1000,
    show_context_indicator:
      own.show_context_indicator ?? project.show_context_indicator ?? shared.show_context_indicator ?? true,
    show_workdir_indicator:
      own.show_workdir_indicator ?? project.show_workdir_indicator ?? shared.show_workdir_indicator ?? true,
    reply_footer: own.reply_footer ?? project.reply_footer ?? shared.reply_footer ?? true,
    reply_footer_tokens: project.reply_footer_tokens,
    hide_agent_footer: pick('hide_agent_footer') ?? false,
  };
}
