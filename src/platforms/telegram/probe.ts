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

/** What is looked for, and what a message of ours that nobody remembers is: the thing itself, or in the way. */
export interface Lost {
  readonly to: Address;
  readonly part: Part;
  readonly key: string;
  /**
   * `taken`: what was sent may have said something else, so the first forgotten message is it. `removed`: it is not
   * the one, and may quote what another person wrote.
   */
  readonly forgotten: 'taken' | 'removed';
}

/**
 * Finds a text whose send was never answered. Ids without a known owner, above the newest id known before the send,
 * are edited to the very same text: "not modified" proves that the message is ours. People's messages refuse the
 * edit. Messages of ours that nobody remembers (a word on progress whose answer was lost as well) take the text: all
 * but one are removed. `absent` when the send was never begun or refused, and when every id it could have was tried;
 * without a note of the ids before it nothing is touched.
 */
export async function findLostText(
  outbound: Outbound,
  ledger: SentLedger,
  settleMs: number,
  { to, part, key, forgotten }: Lost,
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
    const changed: number[] = [];
    let found: number | undefined;
    for (const id of candidates.slice(0, MOST)) {
      const outcome = await tryEdit(outbound, refOf(id), part, signal);
      if (outcome === 'same') found = id;
      else if (outcome === 'changed') changed.push(id);
      else if (!isNotOurs(outcome)) throw outcome;
      if (found !== undefined) break;
    }
    if (found === undefined && forgotten === 'taken') found = changed.shift();
    for (const id of changed) {
      const stays = await refusesRemoval(outbound, refOf(id), signal);
      // It says the text already, and once is enough.
      if (stays && found === undefined) found = id;
    }
    if (found === undefined) return candidates.length <= MOST ? 'absent' : 'unknown';
    await ledger.sent(chat, found, key);
    return refOf(found);
  });
}

/** Removes a message; true when the service does not let us. */
async function refusesRemoval(outbound: Outbound, ref: MessageRef, signal: AbortSignal): Promise<boolean> {
  try {
    await outbound.remove(ref, signal);
    return false;
  } catch (error) {
    if (error instanceof AppError && ['permission', 'validation'].includes(error.kind)) return true;
    throw error;
  }
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
