/** `[[projects]]`: one agent, and the chat platforms it is reached from. */
import * as z from 'zod';
import { agentSchema } from './agent.ts';
import { displaySchema, referencesSchema } from './display.ts';
import { at, choice, count, duration, openOptions, required, strings } from './fields.ts';
import { BUSY_MODES, rateLimitSchema } from './limits.ts';

/** Ids as people copy them: numbers need no quotes. */
const ids = () =>
  z
    .array(z.union([z.string(), z.number(), z.bigint()]).transform((id) => String(id).trim()))
    .default(() => []);

/** `[projects.platforms.routes]`: what this project gets of a bot that several projects share. */
const routesSchema = z.object({
  chats: ids(),
  /** A thread's id, or `<chat>:<thread>`. */
  threads: ids(),
  users: ids(),
  default: z.boolean().default(false),
});

/** `[[projects.platforms]]` */
export const platformSchema = z.object({
  at: at(),
  type: required(),
  options: openOptions(),
  routes: routesSchema.prefault({}),
});

const roleSchema = z.object({
  user_ids: z.array(required()).min(1),
  disabled_commands: strings(),
  /** Unset: the global limit. */
  rate_limit: rateLimitSchema.optional(),
});

/** `[[projects.model_routes]]` */
const modelRouteSchema = z.object({
  at: at(),
  /** One name or several; `*` stands for anything, `?` for one character. */
  match: z.union([required(), z.array(required()).min(1)]).transform((value) => [value].flat()),
  agent: required(),
  /** Empty: the agent's own. */
  provider: z.string().default(''),
});

/** `[projects.model_switch]` */
const modelSwitchSchema = z.object({
  /** A list, or a text that is split at spaces. No shell. */
  command: z.union([z.string(), z.array(z.string())]).default(''),
  timeout_secs: z.int().min(1).default(30),
  strict: z.boolean().default(false),
  edits_shared_config: z.boolean().default(false),
});

/** `[[projects.pins]]` */
const pinSchema = z.object({
  at: at(),
  agent: required(),
  /** A platform's type or one bot account. Empty: any. */
  platform: z.string().default(''),
  chat: z.string().default(''),
  thread: z.string().default(''),
});

const heartbeatSchema = z.object({
  enabled: z.boolean().default(false),
  interval_mins: duration().default(30),
  only_when_idle: z.boolean().default(true),
  session_key: z.string().default(''),
  /** Empty: HEARTBEAT.md of the work directory. */
  prompt: z.string().default(''),
  silent: z.boolean().default(true),
  timeout_mins: duration().default(30),
});

export const projectSchema = z.object({
  at: at(),
  name: required(),
  mode: choice(['multi-workspace']),
  base_dir: z.string().default(''),
  skip_git: z.boolean().default(false),
  workspace_init_allow_local_paths: z.boolean().default(false),
  agent: agentSchema,
  /** Further agents people can switch to. */
  agents: z.array(agentSchema).default(() => []),
  /** The predecessor's name for `agents`. */
  agent_types: z.array(agentSchema).default(() => []),
  /** Which agent, and which provider of it, serves which models. The first that fits counts. */
  model_routes: z.array(modelRouteSchema).default(() => []),
  /** A program that makes a model available before an agent is asked for it. */
  model_switch: modelSwitchSchema.optional(),
  /** Places that are bound to one agent; the narrowest that fits counts. */
  pins: z.array(pinSchema).default(() => []),
  platforms: z.array(platformSchema).default(() => []),
  /** 0 switches it off. */
  reset_on_idle_mins: duration().default(30),
  /** 0 switches it off. */
  agent_session_idle_timeout_mins: duration().default(0),
  /** Old place of the global key; used when that one is unset. */
  workspace_idle_timeout_mins: duration().optional(),
  run_as_user: z.string().default(''),
  run_as_env: strings(),
  inject_sender: z.boolean().default(false),
  filter_external_sessions: z.boolean().default(false),
  disabled_commands: strings(),
  admin_from: z.string().default(''),
  users: z
    .object({
      default_role: z.string().default(''),
      roles: z.record(z.string(), roleSchema).default(() => ({})),
    })
    .optional(),
  display: displaySchema.prefault({}),
  show_context_indicator: z.boolean().optional(),
  show_workdir_indicator: z.boolean().optional(),
  reply_footer: z.boolean().optional(),
  reply_footer_tokens: z.boolean().default(false),
  quiet: z.boolean().optional(),
  auto_compress: z
    .object({
      enabled: z.boolean().default(false),
      max_tokens: count().default(12_000),
      min_gap_mins: duration().default(30),
    })
    .prefault({}),
  heartbeat: heartbeatSchema.prefault({}),
  observe: z.object({ enabled: z.boolean().default(false), channel: z.string().default('') }).prefault({}),
  references: referencesSchema.prefault({}),
  shell: z.string().optional(),
  shell_profile: z.string().optional(),
  busy_mode: choice(BUSY_MODES),
  collect_window_ms: count().optional(),
  approval_timeout_mins: duration().optional(),
  notify_after_secs: duration().optional(),
  stale_after_mins: duration().optional(),
});
