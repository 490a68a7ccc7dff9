import { routeAgent } from '../config/project-agents.ts';
import { resolveProject } from '../config/resolve.ts';
import type { Config, ProjectConfig } from '../config/schema/root.ts';
import { asId } from '../core/ids.ts';
import { words } from '../engine/command-table.ts';
import type { ProjectSettings } from '../engine/settings.ts';

const minute = 60_000;
const day = 86_400_000;
const mib = 1024 * 1024;

/** The config's words for a project as the engine's, in its units. */
export function engineSettings(config: Config, project: ProjectConfig): ProjectSettings {
  const set = resolveProject(config, project);
  const { display } = set;
  const envCap = Number(process.env.CC_MAX_ATTACHMENT_SIZE_MB);
  return {
    name: asId(project.name),
    language: set.language === 'auto' ? undefined : set.language,
    display: {
      mode: display.mode,
      cardMode: display.card_mode,
      thinking: display.thinking_messages,
      tools: display.tool_messages,
      thinkingMax: display.thinking_max_len,
      toolMax: display.tool_max_len,
      historyMax: display.history_max_len,
      footer: display.reply_footer,
      context: display.show_context_indicator,
      workDir: display.show_workdir_indicator,
      hideAgentFooter: display.hide_agent_footer,
    },
    preview: {
      enabled: set.stream_preview.enabled,
      disabledPlatforms: set.stream_preview.disabled_platforms,
      intervalMs: set.stream_preview.interval_ms,
      minDeltaChars: set.stream_preview.min_delta_chars,
      maxChars: set.stream_preview.max_chars,
    },
    references: {
      agents: project.references.normalize_agents,
      platforms: project.references.render_platforms,
      style: {
        path: project.references.display_path,
        marker: project.references.marker_style,
        enclosure: project.references.enclosure_style,
      },
    },
    instantReply: set.instant_reply,
    busyMode: set.busy_mode,
    collectWindowMs: set.collect_window_ms,
    queueDepth: set.queue_max_depth,
    staleAfterMs: set.stale_after_mins * minute,
    notifyAfterMs: set.notify_after_secs * 1000,
    approvalTimeoutMs: set.approval_timeout_mins * minute,
    resetOnIdleMs: set.reset_on_idle_mins * minute,
    agentIdleCloseMs: set.agent_session_idle_timeout_mins * minute,
    idleTimeoutMs: set.idle_timeout_mins * minute,
    maxTurnMs: set.max_turn_time_mins * minute,
    rateLimit: { max: set.rate_limit.max_messages, windowMs: set.rate_limit.window_secs * 1000 },
    bannedWords: set.banned_words,
    disabledCommands: set.disabled_commands,
    adminFrom: set.admin_from,
    roles: roles(project),
    defaultRole: project.users?.default_role ?? '',
    aliases: config.aliases,
    modelRoutes: project.model_routes.map((route) => ({
      match: route.match,
      agent: routeAgent(project, route),
    })),
    modelSwitch: modelSwitch(project),
    pins: project.pins,
    injectSender: set.inject_sender,
    filterExternalSessions: set.filter_external_sessions,
    attachmentSend: set.attachment_send,
    maxAttachmentBytes: (envCap > 0 ? envCap : set.max_attachment_size_mb) * mib,
    stagingQuotaBytes: config.retention.staged_max_mb * mib,
    stagingMaxAgeMs: config.retention.staged_days * day,
    onInterruptedTurn: config.restart.on_interrupted_turn,
    restartGraceMs: config.restart.grace_secs * 1000,
    maxCrashes: config.restart.max_crashes,
  };
}

function modelSwitch({ model_switch: set }: ProjectConfig): ProjectSettings['modelSwitch'] {
  const command = typeof set?.command === 'string' ? words(set.command) : (set?.command ?? []);
  if (!set || command.length === 0) return undefined;
  return {
    command,
    timeoutMs: set.timeout_secs * 1000,
    strict: set.strict,
    editsSharedConfig: set.edits_shared_config,
  };
}

function roles(project: ProjectConfig): ProjectSettings['roles'] {
  return Object.entries(project.users?.roles ?? {}).map(([name, role]) => ({
    name,
    userIds: role.user_ids,
    disabledCommands: role.disabled_commands,
    rateLimit: role.rate_limit && {
      max: role.rate_limit.max_messages,
      windowMs: role.rate_limit.window_secs * 1000,
    },
  }));
}
