import type { Address } from '../core/address.ts';
import type { AccountId } from '../core/ids.ts';

/** A chat that got a new id; nothing can be sent to, or changed in, the old one any more. */
export interface ChatMove {
  readonly account: AccountId;
  readonly from: string;
  readonly to: string;
}

/** The moves of this life of the daemon: what was on its way at that moment still carries the old address. */
export class ChatMoves {
  private readonly moves: ChatMove[] = [];

  add(move: ChatMove): void {
    this.moves.push(move);
  }

  /** Whether this is the id that a chat had before. */
  isLeft(account: AccountId, chat: string): boolean {
    return this.moves.some((move) => move.account === account && move.from === chat);
  }

  /** The address as it is now; the very same one where nothing has moved. */
  placeOf(address: Address): Address {
    let place = address;
    // A message to reply to has another id there.
    for (const { account, from, to } of this.moves)
      if (place.account === account && place.chat === from)
        place = { ...place, chat: to, replyTo: undefined };
    return place;
  }
}
