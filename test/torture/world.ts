import type { Dice } from './dice.ts';
import type { Place } from './place.ts';

export const platformNames = ['telegram', 'feishu', 'slack', 'discord', 'weixin'] as const;
export type PlatformName = (typeof platformNames)[number];

/** What a repeated send does there: dropped by its key, found, or a second message that must say so. */
export type DeliveryKind = 'keyed' | 'probe' | 'blind';

/** One simulated platform with two chats, which outlives the daemon. */
export interface World {
  readonly platform: PlatformName;
  readonly delivery: DeliveryKind;
  readonly places: readonly Place[];
  /** `[projects.platforms.options]` that lead the daemon there. */
  readonly options: Readonly<Record<string, string | boolean | number>>;
  /** Answers are lost, calls refused, events repeated and shuffled from now on. */
  misbehave(dice: Dice): void;
  /** Everything works again. */
  calm(): void;
  /** Happenings that the daemon has not acknowledged. */
  readonly pending: number;
  /** Whether people have to write once more after `calm`, so that what the service refused goes out. */
  readonly holds: boolean;
  /** The connections on which messages come stay open and are dead: nobody tells the daemon. */
  deafen?(): void;
  /** Somebody who is not allowed to write does so. */
  stranger?(): void;
  close(): Promise<void>;
}
