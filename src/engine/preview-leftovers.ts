import type { TurnId } from '../core/ids.ts';
import type { PreviewRow } from '../store/rows.ts';
import { persist } from './persist.ts';
import { lostPreview } from './preview-recovery.ts';
import type { ProjectContext } from './project-context.ts';

/** Previews of an earlier life: those that no final text takes over are removed, so none stays "generating". */
export class PreviewLeftovers {
  private readonly context: ProjectContext;

  constructor(context: ProjectContext) {
    this.context = context;
  }

  /** Open previews of a turn that no part on its way takes over. */
  of(turn: TurnId): PreviewRow[] {
    return this.free().filter(({ turnId }) => turnId === turn);
  }

  /** Removes those whose turn has ended. */
  closeAllBut(openTurns: ReadonlySet<TurnId>): void {
    for (const row of this.free()) if (!openTurns.has(row.turnId)) this.close(row);
  }

  close(row: PreviewRow): void {
    const { context } = this;
    context.delivery.durableTask(row.address, async (platform, signal) => {
      const ref = await lostPreview(context.queries, platform, row.id, signal);
      if (ref) await persist(context, 'previewClosed', { id: row.id, state: 'closing', ref }, signal);
      if (ref) await platform.preview?.discard(ref, signal);
      await persist(context, 'previewClosed', { id: row.id, state: 'discarded' }, signal);
    });
  }

  private free(): PreviewRow[] {
    const { queries, name } = this.context;
    const taken = new Set(queries.openParts(name).map(({ previewId }) => previewId));
    return queries.openPreviews(name).filter(({ id }) => !taken.has(id));
  }
}
