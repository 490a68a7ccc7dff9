import type { Config } from '../config/schema/root.ts';

/** How many messages a bot may send. */
export interface OutgoingRate {
  readonly perSecond: number;
  /** At once. */
  readonly capacity: number;
}

/** The limit of one platform type, if the config has any. */
export function outgoingRate(config: Config, type: string): OutgoingRate | undefined {
  const shared = config.outgoing_rate_limit;
  const own = shared.platforms[type];
  const perSecond = own?.max_per_second ?? shared.max_per_second ?? 0;
  if (perSecond <= 0) return undefined;
  const capacity = own?.burst ?? shared.burst ?? Math.max(1, Math.ceil(perSecond));
  return { perSecond, capacity };
}
