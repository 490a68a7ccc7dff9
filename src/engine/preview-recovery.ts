import type { Log, Platform, PreviewRef } from '../core/platform.ts';
import type { Queries } from '../store/queries.ts';
import type { PreviewRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { isFoundByRepeat } from './delivery-decision.ts';
import { persist } from './persist.ts';

/**
 * The preview of a creation whose answer nobody heard: found by its key where the platform can, or created again with
 * the same key where that gives the same message. Its record is read anew for each attempt: once found, a message may
 * not be recognised a second time.
 */
export async function lostPreview(
  queries: Queries,
  platform: Platform,
  id: string,
  signal: AbortSignal,
): Promise<PreviewRef | undefined> {
  const row = queries.preview(id);
  return row && refOf(platform, row, signal);
}

/** The same, and what was found is remembered. */
export async function rememberedPreview(
  deps: { readonly store: Store; readonly log: Log; readonly queries: Queries },
  platform: Platform,
  id: string,
  signal: AbortSignal,
): Promise<PreviewRef | undefined> {
  const row = deps.queries.preview(id);
  const ref = row && (await refOf(platform, row, signal));
  if (ref && !row.ref) await persist(deps, 'previewOpened', { id, ref }, signal);
  return ref;
}

async function refOf(
  platform: Platform,
  row: PreviewRow,
  signal: AbortSignal,
): Promise<PreviewRef | undefined> {
  const { preview } = platform;
  if (row.ref) return row.ref;
  if (!preview || row.state !== 'intent') return undefined;
  const found = await preview.find?.(row.address, row.id, signal, row.createdAt);
  if (found) return found;
  if (!isFoundByRepeat(platform, row.createdAt)) return undefined;
  return preview.open(row.address, { markdown: '…' }, row.id, signal);
}
