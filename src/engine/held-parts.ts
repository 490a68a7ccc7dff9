import type { Address } from '../core/address.ts';
import type { Part } from '../core/outgoing.ts';
import type { BudgetAbility, Log, Platform } from '../core/platform.ts';
import type { Language } from '../i18n/languages.ts';
import { deliveryTexts } from '../i18n/texts/delivery.ts';
import { translate } from '../i18n/translate.ts';
import type { OutboxRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { heldMs, type Lane, type RowItem } from './delivery-lane.ts';
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
  if (!budget || head?.kind !== 'row' || head.row.state !== 'held' || heldMs(head) > 0) return;
  const groups = grouped(deps, platform, budget, await mergeable(platform, lane));
  const changes = groups.flatMap(({ carrier, part, moved }) => {
    if (moved.length === 0 && part.plain === carrier.row.part.plain) return [];
    const replyTo = [carrier, ...moved].find(({ row }) => row.address.replyTo !== undefined)?.row.address
      .replyTo;
    const address = replyTo ? { ...carrier.row.address, replyTo } : carrier.row.address;
    return [{ carrier, part, address, moved: moved.flatMap((item) => [item, ...item.carried]) }];
  });
  if (changes.length === 0) return;
  await persist(
    deps,
    'partsMerged',
    {
      rows: changes.map(({ carrier, part, address }) => ({ id: carrier.row.id, part, address })),
      moved: changes.flatMap(({ carrier, moved }) =>
        moved.map(({ row }) => ({ id: row.id, into: carrier.row.id })),
      ),
      at: Date.now(),
    },
    signal,
  );
  const gone = new Set<unknown>();
  for (const { carrier, part, address, moved } of changes) {
    carrier.row = { ...carrier.row, part, address };
    carrier.carried = [...carrier.carried, ...moved];
    for (const item of moved) gone.add(item);
  }
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
    if (row.repeated || (item.suspect && (!blind || row.state === 'sending'))) break;
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

interface Group {
  readonly carrier: RowItem;
  part: Part;
  readonly moved: RowItem[];
}

/** Rows that fit into one message, each with the first of them; the first message says why it comes late. */
function grouped(
  deps: HeldDeps,
  platform: Platform,
  budget: BudgetAbility,
  run: readonly RowItem[],
): readonly Group[] {
  const groups: Group[] = [];
  for (const item of run) {
    const { part, address } = item.row;
    const before = groups.at(-1);
    if (!before) {
      const notice = noticeParts(deps, platform, address, 'heldBack');
      const told = notice.some(({ plain }) => part.plain.startsWith(plain));
      const [below, ...more] = told ? [part] : budget.merge([...notice, part]);
      // Where the word would be a message of its own it is left out.
      groups.push({ carrier: item, part: below && more.length === 0 ? below : part, moved: [] });
      continue;
    }
    const joined = budget.merge([before.part, part]);
    const last = joined.at(-1) ?? part;
    if (joined.length === 1) {
      before.part = last;
      before.moved.push(item);
    } else groups.push({ carrier: item, part: last, moved: [] });
  }
  return groups;
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
