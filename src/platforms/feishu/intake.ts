import { kindOf } from '../../core/errors.ts';
import type { Action, MessageInbound, Quoted } from '../../core/inbound.ts';
import type { ActionReply, Log, PlatformSink } from '../../core/platform.ts';
import { BoundedMap } from '../../kit/bounded-map.ts';
import { withDeadline } from '../../kit/deadline.ts';
import { KeyedChain } from '../../kit/keyed-chain.ts';
import { type InboundContext, type ReadMessage, readAction, readMessage, readRecall } from './inbound.ts';
import { fetchForwarded, fetchOwn, fetchQuoted, type QuoteContext } from './quotes.ts';
import type { Wire } from './wire.ts';

/** Quoted and forwarded messages are fetched before the commit, but never for longer than this. */
const fetchLimitMs = 1_000;

export interface IntakeSetup {
  readonly context: InboundContext;
  readonly quotes: QuoteContext;
  readonly log: Log;
  sink(): PlatformSink;
  /** The service has told whose a message is. */
  learned(message: string, own: boolean): void;
  /** A message was taken in: time to learn about its people and place. Resolves when that is stored. */
  seen(message: MessageInbound, root: string | undefined): Promise<void>;
}

/**
 * Events on their way to the sink. A handler resolves when its input is committed and rejects when nothing was stored,
 * so that the acknowledgement tells the truth. Messages of one chat are handed over in the order they came, also when
 * one of them waits for what it quotes.
 */
export class Intake {
  readonly #setup: IntakeSetup;
  readonly #chain = new KeyedChain();
  readonly #batches = new BoundedMap<string, { id: string; at: number }>(2_000);

  constructor(setup: IntakeSetup) {
    this.#setup = setup;
  }

  async message(event: Wire): Promise<void> {
    const read = readMessage(event, this.#setup.context);
    if (read.kind === 'ignored') return this.#ignore(read.why);
    const chat = read.kind === 'unsure' ? read.chat : read.inbound.address.chat;
    // The commit is awaited outside of the chain: the next message may join the same transaction.
    const taken = await this.#chain.run(chat, async () => {
      const sure = read.kind === 'unsure' ? await this.#settle(event, read.parent) : read;
      if (sure.kind !== 'message') return undefined;
      const inbound = this.#grouped(sure.inbound);
      const whole =
        sure.forwarded || this.#mustFetch(sure.parent)
          ? await this.#complete(inbound, sure.parent, sure.forwarded)
          : this.#withOwn(inbound);
      return { inbound, root: sure.root, committed: this.#setup.sink().input(whole) };
    });
    if (!taken) return this.#ignore('a reply to somebody else');
    const verdict = await taken.committed;
    if (verdict !== 'refused') await this.#setup.seen(taken.inbound, taken.root);
  }

  async recall(event: Wire): Promise<void> {
    const recall = readRecall(event, this.#setup.context);
    if (recall === undefined) this.#setup.log.warn({}, 'recall event without a message skipped');
    // Behind the messages of its chat: a recall must not overtake what it takes back.
    else
      await (
        await this.#chain.run(recall.address.chat, async () => ({
          committed: this.#setup.sink().input(recall),
        }))
      ).committed;
  }

  /** Resolves with the answer for the person who pressed; undefined when the button is not ours. */
  async action(event: Wire): Promise<{ action: Action; reply: ActionReply } | undefined> {
    const action = readAction(event, this.#setup.context);
    if (action === undefined) {
      this.#setup.log.warn({}, 'card action that is not ours skipped');
      return undefined;
    }
    return { action, reply: await this.#setup.sink().action(action) };
  }

  #ignore(why: string): void {
    this.#setup.log.debug({ why }, 'message event ignored');
  }

  /**
   * Reads a message again once it is known whose the one is that it replies to. While that cannot be told for now it
   * rejects, and the event comes again; what can never be told is not ours.
   */
  async #settle(event: Wire, parent: string): Promise<ReadMessage> {
    const { context, quotes, log } = this.#setup;
    // Another message may have asked meanwhile.
    if (context.isOwn(parent) === undefined) {
      const own = await withDeadline('asking whose a message is', fetchLimitMs, undefined, (signal) =>
        fetchOwn(parent, quotes, signal),
      ).catch((error: unknown) => {
        const kind = kindOf(error);
        if (!['not_found', 'permission', 'validation', 'permanent'].includes(kind)) throw error;
        log.info({ message: parent, kind }, 'whose a quoted message is cannot be told');
        return false;
      });
      this.#setup.learned(parent, own);
    }
    return readMessage(event, context);
  }

  /** Images sent together arrive one by one; a text right behind them belongs to them. */
  #grouped(inbound: MessageInbound): MessageInbound {
    const windowMs = this.#setup.context.options.imageBatchWindowMs;
    if (windowMs === 0) return inbound;
    const key = `${inbound.address.chat}|${inbound.address.thread ?? ''}|${inbound.sender.id}`;
    const running = this.#batches.get(key);
    const joins = running !== undefined && inbound.at >= running.at && inbound.at - running.at <= windowMs;
    const images = inbound.text === '' && (inbound.files ?? []).some((file) => file.kind === 'image');
    if (images) {
      const id = joins ? running.id : inbound.message;
      this.#batches.set(key, { id, at: inbound.at });
      return { ...inbound, group: { id, windowMs } };
    }
    this.#batches.delete(key);
    return joins ? { ...inbound, group: { id: running.id, windowMs: 0 } } : inbound;
  }

  #mustFetch(parent: string | undefined): boolean {
    return parent !== undefined && this.#setup.quotes.ownText(parent) === undefined;
  }

  #withOwn(inbound: MessageInbound): MessageInbound {
    if (inbound.quoted === undefined) return inbound;
    return {
      ...inbound,
      quoted: { ...inbound.quoted, own: true, text: this.#setup.quotes.ownText(inbound.quoted.message) },
    };
  }

  /** Adds what had to be fetched; without it when that takes too long or fails. */
  async #complete(
    inbound: MessageInbound,
    parent: string | undefined,
    forwarded: boolean,
  ): Promise<MessageInbound> {
    const { quotes, log } = this.#setup;
    try {
      return await withDeadline('fetching what was quoted', fetchLimitMs, undefined, async (signal) => {
        const extra = forwarded ? await fetchForwarded(inbound.message, quotes, signal) : inbound.extra;
        const quoted: Quoted | undefined = this.#mustFetch(parent)
          ? await fetchQuoted(parent ?? '', quotes, signal)
          : this.#withOwn(inbound).quoted;
        return { ...inbound, extra, quoted };
      });
    } catch (error) {
      log.info(
        { message: inbound.message, kind: kindOf(error) },
        'quoted or forwarded content could not be fetched in time',
      );
      return inbound;
    }
  }
}
