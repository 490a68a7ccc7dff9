/** What the daemon listens on, and whom it tells. */
import * as z from 'zod';
import { choiceOr, count, port, strings, textOr } from './fields.ts';

/** `[webhook]` */
export const webhookSchema = z.object({
  enabled: z.boolean().default(false),
  port: port(9111),
  token: z.string().default(''),
  path: textOr('/hook'),
});

/** `[bridge]` */
export const bridgeSchema = z.object({
  enabled: z.boolean().default(false),
  port: port(9810),
  token: z.string().default(''),
  path: textOr('/bridge/ws'),
  cors_origins: strings(),
  /** Run without a token; for local development. */
  insecure: z.boolean().default(false),
});

/** `[management]` */
export const managementSchema = z.object({
  enabled: z.boolean().default(false),
  port: port(9820),
  token: z.string().default(''),
  cors_origins: strings(),
});

export const HOOK_EVENTS = [
  'message.received',
  'message.sent',
  'session.started',
  'session.ended',
  'cron.triggered',
  'timer.triggered',
  'permission.requested',
  'error',
  '*',
] as const;

/** One `[[hooks]]` entry. */
export const hookSchema = z.object({
  event: z.enum(HOOK_EVENTS),
  type: z.enum(['command', 'http']),
  command: z.string().default(''),
  url: z.string().default(''),
  /** Seconds; 0 stands for 10 (command) or 5 (http). */
  timeout: count().default(0),
  async: z.boolean().default(true),
});

/** `[audit]`: sinks for message auditing. */
export const auditSchema = z.object({
  enabled: z.boolean().optional(),
  timeout_ms: count().default(2000),
  postgres: z
    .object({
      dsn: z.string().default(''),
      table: z.string().default(''),
      auto_create: z.boolean().default(true),
      index_profile: choiceOr(['minimal', 'lookup', 'full'], 'minimal'),
      max_open_conns: count().default(10),
      max_idle_conns: count().default(5),
      conn_max_lifetime_mins: count().default(30),
    })
    .prefault({}),
  mongodb: z
    .object({
      uri: z.string().default(''),
      database: z.string().default(''),
      collection: z.string().default(''),
      auto_create_indexes: z.boolean().default(true),
      index_profile: choiceOr(['minimal', 'lookup', 'full'], 'minimal'),
    })
    .prefault({}),
});
