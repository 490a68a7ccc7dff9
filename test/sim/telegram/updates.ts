import type { Update } from '@grammyjs/types';
import { now } from './chats.ts';
import { Refusal } from './validate.ts';

interface Poll {
  readonly answer: (updates: readonly Update[]) => void;
  readonly refuse: (why: Refusal) => void;
  readonly offset: number;
  readonly limit: number;
  readonly timer: NodeJS.Timeout;
}

/** The queue behind getUpdates: at least once, confirmed by the next offset, one poller at a time. */
export class Updates {
  /** When each update was handed to a poller last, ms since the epoch. */
  readonly deliveredAt = new Map<number, number>();
  confirmed = 0;
  #queue: Update[] = [];
  #next = 1000;
  #poll: Poll | undefined;
  #deafNext = false;

  /** Kinds the bot asked for; undefined before it has asked. */
  #allowed: readonly string[] | undefined;

  /** Whether the bot wants this kind of update. */
  wanted(body: object): boolean {
    return this.#allowed === undefined || Object.keys(body).some((kind) => this.#allowed?.includes(kind));
  }

  /** Queues an update; `raw` values are sent as they are, with an update id if they are objects. */
  push(body: object, swapWithPrevious = false): number {
    const id = this.#next++;
    const update = { update_id: id, ...body } as Update;
    const before = this.#queue.at(-1);
    if (swapWithPrevious && before && !this.deliveredAt.has(before.update_id)) {
      this.#queue.splice(-1, 1, { ...update, update_id: before.update_id }, { ...before, update_id: id });
    } else this.#queue.push(update);
    this.#serve();
    return id;
  }

  get pending(): number {
    return this.#queue.length;
  }

  /** A poll arrived. Resolves with a batch, an empty one after `timeout` seconds. `gone` ends it when its socket closes. */
  take(
    args: { offset?: number; limit?: number; timeout?: number; allowed_updates?: readonly string[] },
    gone: (end: () => void) => void,
  ): Promise<readonly Update[]> {
    const current = this.#poll;
    if (current) {
      this.#end(current);
      current.refuse(
        new Refusal(
          409,
          'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
        ),
      );
    }
    this.#allowed = args.allowed_updates ?? this.#allowed;
    const offset = args.offset ?? 0;
    if (offset > 0) {
      this.#queue = this.#queue.filter((update) => update.update_id >= offset);
      this.confirmed = Math.max(this.confirmed, offset - 1);
    }
    if (this.#deafNext && (args.timeout ?? 0) > 0) {
      this.#deafNext = false;
      return new Promise(() => undefined);
    }
    return new Promise((resolve, reject) => {
      const poll: Poll = {
        answer: resolve,
        refuse: reject,
        offset,
        limit: Math.min(100, args.limit ?? 100),
        timer: setTimeout(
          () => {
            this.#end(poll);
            resolve([]);
          },
          (args.timeout ?? 0) * 1000,
        ),
      };
      this.#poll = poll;
      gone(() => {
        if (this.#poll !== poll) return;
        this.#end(poll);
        resolve([]);
      });
      this.#serve();
    });
  }

  /** The running poll, else the next long one, is never answered, though its connection stays open. */
  deafen(): void {
    if (this.#poll) this.#end(this.#poll);
    else this.#deafNext = true;
  }

  #serve(): void {
    const poll = this.#poll;
    if (!poll || this.#queue.length === 0) return;
    const batch = this.#queue.slice(0, poll.limit);
    this.#end(poll);
    const at = now();
    for (const update of batch) this.deliveredAt.set(update.update_id, at);
    poll.answer(batch);
  }

  #end(poll: Poll): void {
    clearTimeout(poll.timer);
    if (this.#poll === poll) this.#poll = undefined;
  }
}
