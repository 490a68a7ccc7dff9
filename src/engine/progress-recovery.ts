import type { Address, MessageRef } from '../core/address.ts';
import { describeError, kindOf } from '../core/errors.ts';
import type { TurnId } from '../core/ids.ts';
import type { Part } from '../core/outgoing.ts';
import type { Platform } from '../core/platform.ts';
import { parseLanguage } from '../i18n/languages.ts';
import type { ProgressCardRow, TurnRow } from '../store/rows.ts';
import { isFoundByRepeat, passing } from './delivery-decision.ts';
import { persist } from './persist.ts';
import { type ProgressState, progressCard } from './progress-card.ts';
import type { ProjectContext } from './project-context.ts';

/**
 * The message of a creation whose answer nobody heard: what a repeat with its key gives where the platform knows keys,
 * or what a search finds. It may still show what it was made with.
 */
export async function unheardMessage(
  platform: Platform,
  made: { readonly to: Address; readonly key: string; readonly createdAt: number },
  part: Part,
  signal: AbortSignal,
): Promise<MessageRef | 'absent' | 'unknown'> {
  if (platform.capabilities.delivery.kind === 'probe')
    return (await platform.probe?.(made.to, part, made.key, signal)) ?? 'unknown';
  if (!isFoundByRepeat(platform, made.createdAt)) return 'unknown';
  return platform.send(made.to, part, made.key, signal);
}

/** Progress cards of an earlier life: each says what became of its turn, so none goes on saying that it works. */
export class ProgressLeftovers {
  private readonly context: ProjectContext;

  constructor(context: ProjectContext) {
    this.context = context;
  }

  /** Those of a turn that ends now. */
  settle(turn: TurnId, state: Exclude<ProgressState, 'running'>): void {
    for (const row of this.rows()) if (row.turnId === turn) this.show(row, state);
  }

  /** Those whose turn has ended. */
  settleAllBut(openTurns: ReadonlySet<TurnId>): void {
    for (const row of this.rows())
      if (!openTurns.has(row.turnId)) this.show(row, endOf(this.context.queries.turn(row.turnId)));
  }

  private rows(): ProgressCardRow[] {
    return this.context.queries.progressCards(this.context.name);
  }

  private show(row: ProgressCardRow, state: Exclude<ProgressState, 'running'>): void {
    const { context } = this;
    const { entries, earlier, language } = row.card;
    const card = progressCard(entries, earlier, state, parseLanguage(language) ?? 'en');
    context.delivery.durableTask(row.address, async (platform, signal) => {
      const [part] = platform.render({ kind: 'card', card }, row.address);
      try {
        if (part) await this.put(platform, row, part, signal);
      } catch (error) {
        if (signal.aborted || passing.has(kindOf(error))) throw error;
        context.log.info(
          { error: describeError(error) },
          'a progress card of an earlier life stays as it is',
        );
      }
      await persist(context, 'progressEnded', { id: row.id }, signal);
    });
  }

  private async put(
    platform: Platform,
    row: ProgressCardRow,
    part: Part,
    signal: AbortSignal,
  ): Promise<void> {
    const made = { to: row.address, key: `progress-${row.id}`, createdAt: row.createdAt };
    const ref = row.ref ?? (await unheardMessage(platform, made, part, signal));
    if (typeof ref === 'object') await platform.edit?.(ref, part, signal);
  }
}

function endOf(turn: TurnRow | undefined): Exclude<ProgressState, 'running'> {
  const good =
    turn?.state === 'done' ||
    (turn?.state === 'delivering' && !/^(failed|interrupted)/.test(turn.detail ?? ''));
  return good ? 'completed' : 'failed';
}
