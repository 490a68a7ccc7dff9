/** The whole config file. Key names and defaults are those of the Go cc-connect, plus our own. */
import * as z from 'zod';
import { type agentSchema, providerSchema } from './agent.ts';
import { displaySchema, instantReplySchema, streamPreviewSchema } from './display.ts';
import { at, choiceOr, count, duration, required, strings } from './fields.ts';
import {
  BUSY_MODES,
  cronSchema,
  outgoingRateLimitSchema,
  queueSchema,
  rateLimitSchema,
  relaySchema,
  restartSchema,
  retentionSchema,
} from './limits.ts';
import { type platformSchema, projectSchema } from './project.ts';
import { auditSchema, bridgeSchema, hookSchema, managementSchema, webhookSchema } from './servers.ts';
import { speechSchema, ttsSchema } from './voice.ts';

const LANGUAGES = {
  en: 'en',
  english: 'en',
  zh: 'zh',
  chinese: 'zh',
  'zh-tw': 'zh-TW',
  zh_tw: 'zh-TW',
  zhtw: 'zh-TW',
  ja: 'ja',
  japanese: 'ja',
  es: 'es',
  spanish: 'es',
} as const satisfies Record<string, string>;

export type ConfigLanguage = (typeof LANGUAGES)[keyof typeof LANGUAGES] | 'auto';

/** Reads a language setting; everything that is not a language of ours means detection per user. */
export function readLanguage(text: string): ConfigLanguage {
  const word = text.trim().toLowerCase();
  return Object.hasOwn(LANGUAGES, word) ? LANGUAGES[word as keyof typeof LANGUAGES] : 'auto';
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Reads a log level; unknown words mean info. */
export function readLogLevel(text: string): LogLevel {
  const word = text.trim().toLowerCase();
  return LOG_LEVELS.find((level) => level === word) ?? 'info';
}

const commandSchema = z.object({
  at: at(),
  name: required(),
  description: z.string().default(''),
  prompt: z.string().default(''),
  exec: z.string().default(''),
  work_dir: z.string().default(''),
});

const aliasSchema = z.object({ at: at(), name: required(), command: required() });

export const configSchema = z.object({
  /** The loader fills in `~/.cc-connect`. */
  data_dir: z.string().default(''),
  language: z.string().default('').transform(readLanguage),
  log: z.object({ level: z.string().default('info').transform(readLogLevel) }).prefault({}),
  attachment_send: choiceOr(['on', 'off'], 'on').transform((value) => value === 'on'),
  max_attachment_size_mb: count()
    .default(50)
    .transform((value) => (value === 0 ? 50 : value)),
  quiet: z.boolean().optional(),
  provider_presets_url: z.string().default(''),
  idle_timeout_mins: duration().default(120),
  max_turn_time_mins: duration().default(0),
  workspace_idle_timeout_mins: duration().optional(),
  shell: z.string().default(''),
  shell_profile: z.string().default(''),
  banned_words: strings(),
  busy_mode: choiceOr(BUSY_MODES, 'queue'),
  collect_window_ms: count().default(1500),
  max_live_agents: count().default(0),
  approval_timeout_mins: duration().default(0),
  notify_after_secs: duration().default(60),
  stale_after_mins: duration().default(120),
  durability: choiceOr(['full', 'normal'], 'full'),
  restart: restartSchema.prefault({}),
  retention: retentionSchema.prefault({}),
  display: displaySchema.prefault({}),
  stream_preview: streamPreviewSchema.prefault({}),
  instant_reply: instantReplySchema.prefault({}),
  rate_limit: rateLimitSchema.prefault({}),
  outgoing_rate_limit: outgoingRateLimitSchema.prefault({}),
  queue: queueSchema.prefault({}),
  relay: relaySchema.prefault({}),
  cron: cronSchema.prefault({}),
  speech: speechSchema.prefault({}),
  tts: ttsSchema.prefault({}),
  webhook: webhookSchema.prefault({}),
  bridge: bridgeSchema.prefault({}),
  management: managementSchema.prefault({}),
  audit: auditSchema.prefault({}),
  hooks: z.array(hookSchema).default(() => []),
  aliases: z.array(aliasSchema).default(() => []),
  commands: z.array(commandSchema).default(() => []),
  providers: z.array(providerSchema).default(() => []),
  projects: z.array(projectSchema).default(() => []),
});

/** A loaded config with every default filled in. Names are those of the file. */
export type Config = z.output<typeof configSchema>;
export type ProjectConfig = z.output<typeof projectSchema>;
export type AgentConfig = z.output<typeof agentSchema>;
export type PlatformConfig = z.output<typeof platformSchema>;
export type ProviderConfig = z.output<typeof providerSchema>;
export type HookConfig = z.output<typeof hookSchema>;
export type CommandConfig = z.output<typeof commandSchema>;
export type DisplayConfig = z.output<typeof displaySchema>;
