import type { Platform, PreviewRef } from '../core/platform.ts';
import type { PreviewRow } from '../store/rows.ts';

/** Within this time a keyed creation repeated with its key still gives the first message; ms. */
const keyedRepeatMs = 600_000;

/**
 * The preview of a creation whose answer nobody heard: found by its key where the platform can, or created again
 * with the same key where that gives the same message.
 */
export async function lostPreview(
  platform: Platform,
  row: PreviewRow,
  signal: AbortSignal,
): Promise<PreviewRef | undefined> {
  const { preview } = platform;
  if (row.ref) return row.ref;
  if (!preview || row.state !== 'intent') return undefined;
  if (preview.find) return preview.find(row.address, row.id, signal);
  const keyed = platform.capabilities.delivery.kind === 'keyed';
  if (!keyed || Date.now() - row.createdAt > keyedRepeatMs) return undefined;
  return preview.open(row.address, { markdown: '…' }, row.id, signal);
}
