import type { Address, MessageRef } from '../core/address.ts';
import { AppError, describeError, kindOf } from '../core/errors.ts';
import type { TurnId } from '../core/ids.ts';
import type { Part } from '../core/outgoing.ts';
import type { Log, Platform } from '../core/platform.ts';
import { withDeadline } from '../kit/deadline.ts';
import { sortableId } from '../kit/ids.ts';
import type { ProgressSteps } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { passing } from './delivery-decision.ts';
import { persist, persistSoon } from './persist.ts';
import { unheardMessage } from './progress-recovery.ts';
import type { ProjectContext } from './project-context.ts';

/** How long a drawing waits for the row of its card; the messages behind it wait, too. */
const storeWaitMs = 2_000;
/** How often the steps of a card are saved for a start after a crash. */
const saveEveryMs = 5_000;

/**
 * The one message of a turn's progress: made once, edited in place. That of a card is a row before it is made, so that
 * no later life of the daemon leaves it saying that the turn works.
 */
export class ProgressMessage {
  private readonly deps: { readonly store: Store; readonly log: Log };
  private readonly to: Address;
  private readonly id = sortableId();
  private readonly createdAt = Date.now();
  private ref: MessageRef | undefined;
  /** It was tried to make it, and nobody knows what came of that. */
  private unheard = false;
  /** It will never be known: another one would be a second. */
  private lost = false;
  private row: Promise<unknown> | undefined;
  private savedAt = 0;

  constructor(context: ProjectContext, to: Address) {
    this.deps = context;
    this.to = to;
  }

  /** Starts to store what there will be a card of; waited for only where the card is drawn. */
  keep(context: ProjectContext, turnId: TurnId, card: ProgressSteps): void {
    if (this.row) return;
    const { id, to: address, createdAt } = this;
    const row = { id, project: context.name, turnId, address, card, ref: null, createdAt };
    this.row = persist(context, 'progressBegun', { row });
    this.row.catch((error: unknown) =>
      context.log.debug({ turn: turnId, error: describeError(error) }, 'progress card not stored'),
    );
  }

  /** Shows this part now. `card`: its steps, where it is one. */
  async draw(platform: Platform, part: Part, card: ProgressSteps | undefined, signal: AbortSignal) {
    if (this.lost) return;
    if (this.ref) await platform.edit?.(this.ref, part, signal);
    else this.ref = await this.make(platform, part, signal);
    if (!this.ref || !card || Date.now() - this.savedAt < saveEveryMs) return;
    this.savedAt = Date.now();
    persistSoon(this.deps, 'progressShown', { id: this.id, ref: this.ref, card });
  }

  /** Shows what became of the turn. Fails only where trying again may help. */
  async end(platform: Platform, part: Part, signal: AbortSignal): Promise<void> {
    try {
      await this.draw(platform, part, undefined, signal);
    } catch (error) {
      if (signal.aborted || passing.has(kindOf(error))) throw error;
      this.deps.log.info({ error: describeError(error) }, 'the end of a turn is not shown in its card');
    }
    if (this.row) await persist(this.deps, 'progressEnded', { id: this.id }, signal);
  }

  private async make(platform: Platform, part: Part, signal: AbortSignal): Promise<MessageRef | undefined> {
    const { row, to, createdAt } = this;
    const key = `progress-${this.id}`;
    if (row) await withDeadline('storing a progress card', storeWaitMs, signal, () => row);
    if (this.unheard) {
      const found = await unheardMessage(platform, { to, key, createdAt }, part, signal);
      this.lost = found === 'unknown';
      if (typeof found === 'object') await platform.edit?.(found, part, signal);
      if (found !== 'absent') return typeof found === 'object' ? found : undefined;
    }
    try {
      this.unheard = true;
      const ref = await platform.send(to, part, key, signal);
      this.unheard = false;
      return ref;
    } catch (error) {
      if (error instanceof AppError && error.kind !== 'ambiguous') this.unheard = false;
      throw error;
    }
  }
}
