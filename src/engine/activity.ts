import type { Address } from '../core/address.ts';
import { describeError } from '../core/errors.ts';
import type { ActivityRef, Log, Platform } from '../core/platform.ts';
import type { Store } from '../store/store.ts';
import { persist, persistSoon } from './persist.ts';
import type { ProjectContext } from './project-context.ts';

const callDeadlineMs = 10_000;

/** The sign that a message is being worked on (typing, a reaction): kept alive, always cleared, never waited for. */
export class ActivitySign {
  private readonly deps: { readonly store: Store; readonly log: Log };
  private readonly platform: Platform;
  private readonly to: Address;
  private readonly id: string;
  private timer: NodeJS.Timeout | undefined;
  private shown: Promise<ActivityRef | undefined> = Promise.resolve(undefined);
  private ended = false;

  constructor(
    deps: { readonly store: Store; readonly log: Log },
    platform: Platform,
    to: Address,
    id: string,
  ) {
    this.deps = deps;
    this.platform = platform;
    this.to = to;
    this.id = id;
  }

  start(): void {
    const ability = this.platform.activity;
    if (!ability) return;
    this.shown = this.show(ability);
    if (!ability.refreshMs) return;
    this.timer = setInterval(() => void this.show(ability), ability.refreshMs);
  }

  end(outcome: 'done' | 'stopped' | 'failed'): void {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.timer);
    void this.shown
      .then(async (ref) => {
        if (!ref) return;
        await this.platform.activity?.clear(ref, outcome, AbortSignal.timeout(callDeadlineMs));
        persistSoon(this.deps, 'activityCleared', { id: this.id });
      })
      .catch((error: unknown) =>
        this.deps.log.info({ error: describeError(error) }, 'activity sign not cleared'),
      );
  }

  private async show(ability: NonNullable<Platform['activity']>): Promise<ActivityRef | undefined> {
    try {
      const ref = await ability.show(this.to, AbortSignal.timeout(callDeadlineMs));
      if (ref)
        persistSoon(this.deps, 'activityShown', {
          activity: { id: this.id, account: this.to.account, ref, createdAt: Date.now() },
        });
      return ref;
    } catch (error) {
      this.deps.log.debug({ error: describeError(error) }, 'activity sign not shown');
      return undefined;
    }
  }
}

/** No typing sign or reaction of an earlier life of the daemon stays on. */
export function clearLeftSigns(context: ProjectContext): void {
  for (const [account, link] of context.links) {
    for (const row of context.queries.activities(account)) {
      const to = { account, chat: row.ref.chat, direct: true };
      context.delivery.durableTask(to, async (_, signal) => {
        await link.platform.activity?.clear(row.ref, 'failed', signal);
        await persist(context, 'activityCleared', { id: row.id });
      });
    }
  }
}
