import { setTimeout as sleep } from 'node:timers/promises';
import type { Address, MessageRef } from '../../core/address.ts';
import { AppError } from '../../core/errors.ts';
import type { Part } from '../../core/outgoing.ts';
import { isNotOurs } from './api-errors.ts';
import { type Outbound, refTo } from './outbound.ts';
import type { TextBody } from './render.ts';
import type { SentLedger } from './sent-ledger.ts';

/** Ids beyond the newest known one that are tried. */
const AHEAD = 15;
/** Most edits one search makes. */
const MOST = 40;
const ATTEMPTS = 4;

/**
 * Finds a text whose send was never answered. Ids without a known owner, above the newest id known before the send,
 * are edited to the very same text: "not modified" proves that the message is ours. People's messages refuse the
 * edit. A message of ours that nobody remembers (a preview opened right before a crash) takes the text and becomes
 * the answer. `absent` when the send was never begun or refused, and when every id it could have was tried; without a
 * note of the ids before it nothing is touched.
 */
export async function findLostText(
  outbound: Outbound,
  ledger: SentLedger,
  settleMs: number,
  { to, part, key }: { readonly to: Address; readonly part: Part; readonly key: string },
  signal: AbortSignal,
): Promise<MessageRef | 'absent' | 'unknown'> {
  await ledger.load();
  const answered = ledger.answered(key);
  if (answered) return refTo(to, answered.chat, answered.message);
  // Every send is noted before it begins.
  if (ledger.floor(key) === undefined) return ledger.whole ? 'absent' : 'unknown';
  if (part.kind === 'file') return 'unknown';
  const chat = outbound.current(to.chat);
  return outbound.gate.search(chat, async () => {
    const floor = ledger.floor(key);
    if (!floor) return 'unknown';
    const wait = settleMs - ledger.sinceLost(key);
    if (wait > 0) await sleep(wait, undefined, { signal });
    const candidates: number[] = [];
    for (let id = floor + 1; id <= Math.max(ledger.newest(chat), floor) + AHEAD; id++)
      if (!ledger.isKnown(chat, id)) candidates.push(id);
    const refOf = (id: number) => refTo(to, chat, id);
    let adopted: number | undefined;
    for (const id of candidates.slice(0, MOST)) {
      const outcome = await tryEdit(outbound, refOf(id), part, signal);
      if (outcome === 'same') {
        // A forgotten message that took the text is a second copy now.
        if (adopted !== undefined) await outbound.remove(refOf(adopted), signal);
        return settle(id);
      }
      if (outcome === 'changed') adopted ??= id;
      else if (!isNotOurs(outcome)) throw outcome;
    }
    if (adopted !== undefined) return settle(adopted);
    return candidates.length <= MOST ? 'absent' : 'unknown';

    async function settle(id: number): Promise<MessageRef> {
      await ledger.sent(chat, id, key);
      return refOf(id);
    }
  });
}

/** One failed attempt must not throw away the ids tried before it. */
async function tryEdit(outbound: Outbound, ref: MessageRef, part: Part, signal: AbortSignal) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await outbound.tryEdit(ref, part.body as TextBody, part.plain, signal);
    } catch (error) {
      const passing = error instanceof AppError && (error.kind === 'network' || error.kind === 'unavailable');
      if (!passing || attempt === ATTEMPTS || signal.aborted) throw error;
      await sleep(50 * attempt, undefined, { signal }).catch(() => undefined);
    }
  }
}
