import type { Config } from '../config/schema/root.ts';
import { describeError } from '../core/errors.ts';
import type { Log } from '../core/platform.ts';
import type { RetentionDays } from '../store/retention.ts';
import type { Store } from '../store/store.ts';

/** A hundred years. */
const forever = 36_500;

/** How long things are kept; in the config 0 means for ever. */
export function retentionDays(config: Config['retention']): RetentionDays {
  return {
    inbox: config.inbox_days || forever,
    outbox: config.outbox_days || forever,
    history: config.history_days || forever,
    audit: config.audit_days || forever,
  };
}

/** Deletes what is past its age, a batch at a time. */
export async function sweepStore(store: Store, config: Config, log: Log): Promise<void> {
  const days = retentionDays(config.retention);
  try {
    while ((await store.commit('sweep', { now: Date.now(), days })) > 0);
  } catch (error) {
    log.warn({ error: describeError(error) }, 'old records not swept');
  }
}
