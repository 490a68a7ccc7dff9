import type { Address } from '../core/address.ts';
import type { Part } from '../core/outgoing.ts';
import type { BudgetAbility, Log, Platform } from '../core/platform.ts';
import type { Language } from '../i18n/languages.ts';
import { deliveryTexts } from '../i18n/texts/delivery.ts';
import { translate } from '../i18n/translate.ts';
import type { OutboxRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { Lane, RowItem } from './delivery-lane.ts';
import { persist } from './persist.ts';

export interface HeldDeps {
  readonly store: Store;
  readonly log: Log;
  /** The language spoken in a chat. */
  languageAt?(address: Address): Language;
}

/**
 * What a send budget held back goes out as few messages as possible: before a held row is tried again, the text rows
 * behind it move into it, in one transaction, below a word on why they come late. They are settled together.
 */
export async function mergeHeld(
  deps: HeldDeps,
  platform: Platform,
  lane: Lane,
  signal: AbortSignal,
): Promise<void> {
  const { budget } = platform;
  const [head] = lane.items;
  if (!budget || head?.kind !== 'row' || head.row.state !== 'held' || head.row.nextAt > Date.now()) return;
  const run = await mergeable(platform, lane);
  const parts = mergedParts(deps, platform, budget, run);
  if (run.length === 0 || !parts) return;
  const carriers = run.slice(0, parts.length);
  const last = carriers.at(-1) ?? head;
  const moved = run.slice(parts.length);
  const replyTo = run.find(({ row }) => row.address.replyTo !== undefined)?.row.address.replyTo;
  const changed = carriers.map((item, at): OutboxRow => {
    const { address } = item.row;
    return {
      ...item.row,
      part: parts[at] ?? item.row.part,
      address: replyTo ? { ...address, replyTo } : address,
    };
  });
  await persist(
    deps,
    'partsMerged',
    {
      rows: changed.map(({ id, part, address }) => ({ id, part, address })),
      moved: moved.flatMap((item) => [item, ...item.carried]).map(({ row }) => row.id),
      into: last.row.id,
      at: Date.now(),
    },
    signal,
  );
  for (const [at, item] of carriers.entries()) item.row = changed[at] ?? item.row;
  last.carried = [...last.carried, ...moved.flatMap((item) => [item, ...item.carried])];
  const gone = new Set<unknown>(moved);
  lane.items.splice(0, lane.items.length, ...lane.items.filter((item) => !gone.has(item)));
}

/** The part with a word that it is the last one for now, when it is and there is room for it. */
export function withLastWord(deps: HeldDeps, platform: Platform, row: OutboxRow): Part {
  const { budget } = platform;
  if (!budget || row.part.kind === 'file' || budget.left(row.address, row.part) !== 1) return row.part;
  const [part = row.part, ...more] = budget.merge([
    row.part,
    ...noticeParts(deps, platform, row.address, 'lastForNow'),
  ]);
  return more.length === 0 ? part : row.part;
}

/** The held head and the rows right behind it that are nothing but text. */
async function mergeable(platform: Platform, lane: Lane): Promise<readonly RowItem[]> {
  const run: RowItem[] = [];
  for (const item of [...lane.items]) {
    if (item.kind !== 'row') break;
    const { row } = item;
    const blind = platform.capabilities.delivery.kind === 'blind';
    if (item.suspect && (!blind || row.state === 'sending')) break;
    if (row.class === 'approval' || row.approvalId || row.editRef || row.previewId) break;
    if (row.part.kind === 'file') break;
    const stored = await Promise.resolve(item.committed).then(
      () => true,
      () => false, // never stored: whoever committed it has the error
    );
    if (!stored) break;
    run.push(item);
  }
  return run;
}

/** Undefined when nothing would change. */
function mergedParts(
  deps: HeldDeps,
  platform: Platform,
  budget: BudgetAbility,
  run: readonly RowItem[],
): readonly Part[] | undefined {
  const [head] = run;
  if (!head) return undefined;
  const own = run.map(({ row }) => row.part);
  const notice = noticeParts(deps, platform, head.row.address, 'heldBack');
  const told = notice.some(({ plain }) => head.row.part.plain.startsWith(plain));
  const bare = budget.merge(own);
  const below = told ? bare : budget.merge([...notice, ...own]);
  // Where the word would cost a message of its own it is left out.
  const parts = below.length <= bare.length ? below : bare;
  const same = parts.length === run.length && parts.every((part, at) => part.plain === own[at]?.plain);
  return same ? undefined : parts;
}

function noticeParts(
  deps: HeldDeps,
  platform: Platform,
  to: Address,
  which: keyof typeof deliveryTexts,
): readonly Part[] {
  const markdown = translate(deliveryTexts[which], deps.languageAt?.(to) ?? 'en');
  return platform.render({ kind: 'text', markdown }, to);
}
