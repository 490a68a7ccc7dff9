import { setImmediate as laterThisTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Address } from '../core/address.ts';
import { describeError, kindOf } from '../core/errors.ts';
import type { ProjectName } from '../core/ids.ts';
import type { ActivityRef, Log, Platform } from '../core/platform.ts';
import { limited } from '../kit/deadline.ts';
import type { Store } from '../store/store.ts';
import { growing, passing } from './delivery-decision.ts';
import { persist, persistSoon } from './persist.ts';
import type { ProjectContext } from './project-context.ts';

const callDeadlineMs = 10_000;
/** A sign that cannot be cleared now is tried again this often; what is left is cleared at the next start. */
const clearAttempts = 8;

interface SignDeps {
  readonly store: Store;
  readonly log: Log;
  /** The project whose message it is. */
  readonly name: ProjectName;
}

/** The sign that a message is being worked on (typing, a reaction): kept alive, always cleared, never waited for. */
export class ActivitySign {
  private readonly deps: SignDeps;
  private readonly platform: Platform;
  private to: Address;
  private readonly id: string;
  private timer: NodeJS.Timeout | undefined;
  private showing: Promise<void> = Promise.resolve();
  private ref: ActivityRef | undefined;
  private ended = false;

  constructor(deps: SignDeps, platform: Platform, to: Address, id: string) {
    this.deps = deps;
    this.platform = platform;
    this.to = to;
    this.id = id;
  }

  start(): void {
    const ability = this.platform.activity;
    if (!ability) return;
    this.show(ability);
    if (!ability.refreshMs) return;
    this.timer = setInterval(() => this.show(ability), ability.refreshMs);
  }

  /** The chat got a new id: from the next time on the sign is shown there. */
  moveTo(to: Address): void {
    this.to = to;
  }

  /** It is kept alive no longer, and taken off after so many ms. A stop in between leaves that to the next start. */
  end(outcome: 'done' | 'stopped' | 'failed', afterMs: number): void {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.timer);
    void this.showing
      .then(() => sleep(afterMs))
      .then(async () => {
        if (!this.ref) return;
        await this.clear(this.ref, outcome);
        persistSoon(this.deps, 'activityCleared', { id: this.id });
      })
      .catch((error: unknown) =>
        this.deps.log.info({ error: describeError(error) }, 'activity sign not cleared'),
      );
  }

  private async clear(ref: ActivityRef, outcome: 'done' | 'stopped' | 'failed'): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await limited(
          callDeadlineMs,
          [],
          async (signal) => await this.platform.activity?.clear(ref, outcome, signal),
        );
      } catch (error) {
        if (attempt === clearAttempts || !passing.has(kindOf(error))) throw error;
        await new Promise((resolve) => setTimeout(resolve, growing(attempt)).unref());
      }
    }
  }

  /** Behind what else this turn of the event loop has to do: the prompt goes out before the sign that it does. */
  private show(ability: NonNullable<Platform['activity']>): void {
    this.showing = this.showing
      .then(() => laterThisTurn())
      .then(() => this.call(ability))
      .catch((error: unknown) =>
        this.deps.log.debug({ error: describeError(error) }, 'activity sign not shown'),
      );
  }

  private async call(ability: NonNullable<Platform['activity']>): Promise<void> {
    if (this.ended) return;
    const ref = await limited(callDeadlineMs, [], (signal) =>
      ability.show(this.to, signal, (noted) => this.note(noted)),
    );
    if (ref) void this.note(ref);
  }

  /** Stores the reference, once. */
  private async note(ref: ActivityRef): Promise<void> {
    if (this.ref) return;
    this.ref = ref;
    await persist(this.deps, 'activityShown', {
      activity: {
        id: this.id,
        project: this.deps.name,
        account: this.to.account,
        ref,
        createdAt: Date.now(),
      },
    });
  }
}

/** No typing sign or reaction of an earlier life of the daemon stays on. */
export function clearLeftSigns(context: ProjectContext): void {
  for (const [account, link] of context.links) {
    for (const row of context.queries.activities(account, context.name)) {
      const to = { account, chat: row.ref.chat, direct: true };
      context.delivery.durableTask(to, async (_, signal) => {
        await link.platform.activity?.clear(row.ref, 'failed', signal);
        await persist(context, 'activityCleared', { id: row.id });
      });
    }
  }
}
