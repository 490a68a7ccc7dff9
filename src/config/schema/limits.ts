/** Rates, queues, times and retention. */
import * as z from 'zod';
import { choiceOr, count, duration } from './fields.ts';

export const BUSY_MODES = ['queue', 'steer', 'interrupt', 'collect'] as const;

/** `[rate_limit]`: incoming messages per session; 0 messages switches it off. */
export const rateLimitSchema = z.object({
  max_messages: count().default(20),
  window_secs: count().default(60),
});

const outgoingRate = {
  /** Messages per second; 0 means unlimited. */
  max_per_second: z.number().min(0).optional(),
  /** Default: `max_per_second` rounded up. */
  burst: count().optional(),
};

/** `[outgoing_rate_limit]` with `[outgoing_rate_limit.platforms.<type>]` */
export const outgoingRateLimitSchema = z.object({
  ...outgoingRate,
  platforms: z.record(z.string(), z.object(outgoingRate)).default(() => ({})),
});

/** `[queue]`; beyond the depth messages are deferred, never dropped. Values of 0 or less stand for the default. */
export const queueSchema = z.object({
  max_depth: z
    .int()
    .default(5)
    .transform((value) => (value <= 0 ? 5 : value)),
});

/** `[relay]`; a timeout of 0 means none. */
export const relaySchema = z.object({
  timeout_secs: duration().default(120),
  visibility: choiceOr(['full', 'summary', 'none'], 'full'),
});

/** `[cron]`, also used for timers. */
export const cronSchema = z.object({
  silent: z.boolean().default(false),
  session_mode: choiceOr(['reuse', 'new_per_run', 'new-per-run'], 'reuse').transform((value) =>
    value === 'reuse' ? ('reuse' as const) : ('new_per_run' as const),
  ),
});

/** `[restart]`: what becomes of a turn that was running when the daemon was killed. */
export const restartSchema = z.object({
  on_interrupted_turn: choiceOr(['notify', 'continue'], 'notify'),
  grace_secs: duration().default(20),
  /** A message during which the daemon crashed this often is put aside; 0 never. */
  max_crashes: count().default(3),
});

/** `[retention]`: days each kind of record is kept; 0 keeps it for ever. */
export const retentionSchema = z.object({
  inbox_days: count().default(30),
  outbox_days: count().default(30),
  history_days: count().default(180),
  audit_days: count().default(365),
  staged_days: count().default(7),
  staged_max_mb: count().default(2048),
});
