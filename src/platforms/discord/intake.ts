import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayDispatchPayload } from 'discord.js';
import { describeError } from '../../core/errors.ts';
import type { InputVerdict } from '../../core/inbound.ts';
import type { Log, PlatformSink } from '../../core/platform.ts';
import { KeyedChain } from '../../kit/keyed-chain.ts';
import type { DiscordApi } from './api.ts';
import { CatchUp } from './catch-up.ts';
import { type InboundContext, type Reading, readEdit, readMessage, readRecall } from './inbound.ts';
import { idBefore, isNewer, type Memory } from './memory.ts';
import { record, word } from './places.ts';
import { strangers } from './strangers.ts';
import { Surroundings } from './surroundings.ts';
import type { Threads } from './threads.ts';
import type { Timing } from './timing.ts';

const MOST_PENDING = 2_000;
/** Channels whose history is asked for side by side. */
const SLOTS = 4;

type Wire = Readonly<Record<string, unknown>>;

export interface IntakeSetup {
  readonly context: InboundContext;
  readonly sink: PlatformSink;
  readonly api: DiscordApi;
  readonly memory: Memory;
  readonly threads: Threads;
  readonly timing: Timing;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** All events up to this number are dealt with. */
  readonly settled: (seq: number) => void;
  /** Too much waits: events after `seq` were not taken and must come again. */
  readonly again: (seq: number) => void;
}

/**
 * Hands what people write to the engine, in order per channel, until it is stored. Discord acknowledges nothing, so
 * an event counts as seen only then: a resume asks for those after it, and so does the catch-up after a new session.
 */
export class Intake {
  readonly #setup: IntakeSetup;
  readonly #chain = new KeyedChain();
  readonly #slots = new KeyedChain();
  readonly #history: CatchUp;
  readonly #surroundings: Surroundings;
  /** Numbers of events that are being dealt with. */
  readonly #open = new Set<number>();
  #slot = 0;
  /** Newest message of any channel. */
  #newest = '0';
  #highest = 0;
  #pending = 0;
  #overflow = false;

  constructor(setup: IntakeSetup) {
    this.#setup = setup;
    this.#history = new CatchUp(setup);
    this.#surroundings = new Surroundings(setup, setup.context.places);
  }

  /** A new or resumed session begins: numbers start there. */
  begin(seq: number): void {
    this.#highest = seq;
    this.#open.clear();
  }

  /** Takes one event. */
  take(event: GatewayDispatchPayload): void {
    if (this.#overflow) return;
    const data = record(event.d);
    const { context, memory } = this.#setup;
    const seq = Number(event.s) || 0;
    if (seq > this.#highest) this.#highest = seq;
    context.places.learn(event);
    if ((event.t as string) === 'GUILD_CREATE') this.#wonderAt(data);
    if ((event.t as string) === 'GUILD_DELETE' && data.unavailable === true) memory.lapse();
    const channel = word(data.channel_id);
    const task = this.#taskFor(event.t as string, data);
    if (task === undefined || channel === undefined) {
      if (event.t === 'CHANNEL_DELETE' || event.t === 'THREAD_DELETE') memory.forget(word(data.id) ?? '');
      return this.#settle(undefined);
    }
    if (this.#pending >= MOST_PENDING) {
      this.#overflow = true;
      this.#highest = seq - 1;
      this.#setup.log.error(
        { pending: this.#pending },
        'too many messages wait to be stored: asking for them again later',
      );
      return;
    }
    this.#open.add(seq);
    this.#run(channel, task, () => this.#settle(seq));
  }

  /** What no session told, before anything that comes after it: see `CatchUp`. */
  catchUp(): void {
    const gaps = this.#setup.memory.channels().filter(([, { gap }]) => gap !== undefined);
    for (const [channel] of gaps) this.#readUp(channel);
  }

  /** Reads the gap of a channel, a few channels side by side. */
  #readUp(channel: string, stranger = false): void {
    const task = async () => {
      let ours = !stranger;
      await this.#history.read(channel, async (message) => {
        ours = (await this.#message(message)) || ours;
      });
      if (!ours) this.#setup.memory.forget(channel);
    };
    const slot = String(this.#slot++ % SLOTS);
    this.#run(
      channel,
      () => this.#slots.run(slot, task),
      () => undefined,
    );
  }

  /** A server is there: in its other channels, too, somebody may have spoken to the bot while it was away. */
  #wonderAt(server: Wire): void {
    const { memory } = this.#setup;
    for (const { id, ...channel } of strangers(server, memory)) {
      if (!memory.wonder(id, channel)) return;
      this.#readUp(id, true);
    }
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    return this.#chain.idle();
  }

  #run(channel: string, task: () => Promise<void>, done: () => void): void {
    this.#pending++;
    this.#chain
      .run(channel, async () => {
        // What follows an event that was given up must not count as seen before it.
        this.#setup.signal.throwIfAborted();
        await task();
      })
      .then(done, (error: unknown) => {
        if (!this.#setup.signal.aborted)
          this.#setup.log.warn({ channel, error: describeError(error) }, 'an event was left undone');
      })
      .finally(() => {
        this.#pending--;
        if (!this.#overflow || this.#pending > 0 || this.#setup.signal.aborted) return;
        this.#overflow = false;
        this.#setup.again(this.#highest);
      });
  }

  #taskFor(type: string, data: Wire): (() => Promise<void>) | undefined {
    const { context } = this.#setup;
    if (type === 'MESSAGE_CREATE') {
      this.#noteEcho(data);
      return async () => void (await this.#message(data));
    }
    if (type === 'MESSAGE_UPDATE')
      return async () => {
        await this.#surroundings.learn(data);
        await this.#store(this.#read(data, () => readEdit(data, context)));
      };
    if (type === 'MESSAGE_DELETE')
      return async () => void (await this.#store(this.#read(data, () => readRecall(data, context))));
    return undefined;
  }

  /** Our own messages come back with their nonce: so a send whose answer was lost is known to have worked. */
  #noteEcho(data: Wire): void {
    const { memory, context } = this.#setup;
    const nonce = word(data.nonce);
    const id = word(data.id);
    const channel = word(data.channel_id);
    if (nonce && id && channel && record(data.author).id === context.options.botId)
      memory.echoed(nonce, channel, id);
  }

  /** @returns whether it is for the bot and was taken */
  async #message(data: Wire): Promise<boolean> {
    const { context, memory, threads } = this.#setup;
    await this.#surroundings.learn(data);
    const reading = this.#read(data, () => readMessage(data, context));
    if (reading.kind === 'input' && reading.input.kind === 'message' && reading.input.address.extra?.root)
      threads.title(reading.input.message, reading.input.text);
    const id = word(data.id);
    const channel = word(data.channel_id) ?? '';
    if (id === undefined || !/^\d+$/.test(id)) return (await this.#store(reading)) === 'accepted';
    if (isNewer(id, this.#newest)) this.#newest = id;
    const guild = word(data.guild_id);
    const parent = context.places.get(channel)?.parent;
    const place = { ...(guild ? { guild } : {}), ...(parent ? { parent } : {}) };
    // A kill right after the first message must not leave the channel unknown: nobody would ask for the next ones.
    const fresh = reading.kind === 'input' && memory.channel(channel) === undefined;
    if (fresh) await memory.meet(channel, { ...place, last: idBefore(id) });
    const verdict = await this.#store(reading);
    if (fresh && verdict === 'refused') memory.forget(channel);
    else if (memory.channel(channel) !== undefined) memory.seen(channel, { ...place, last: id });
    return verdict !== undefined && verdict !== 'refused';
  }

  /** An event that cannot be read must not hold up those behind it. */
  #read(data: Wire, reader: () => Reading): Reading {
    try {
      return reader();
    } catch (error) {
      this.#setup.log.warn(
        { event: word(data.id), error: describeError(error) },
        'an event could not be read',
      );
      return { kind: 'ignored', why: 'unreadable' };
    }
  }

  /** Offers one input until it is stored. */
  async #store(reading: Reading): Promise<InputVerdict | undefined> {
    if (reading.kind === 'ignored') {
      this.#setup.log.debug({ why: reading.why }, 'an event is not for us');
      return undefined;
    }
    const { sink, signal, timing, log } = this.#setup;
    for (let attempt = 0; ; attempt++) {
      try {
        return await sink.input(reading.input);
      } catch (error) {
        log.warn({ error: describeError(error) }, 'a message could not be stored and is offered again');
        await sleep(Math.min(timing.retryMinMs * 2 ** attempt, 10_000), undefined, { signal });
      }
    }
  }

  #settle(seq: number | undefined): void {
    if (seq !== undefined) this.#open.delete(seq);
    const first = this.#open.values().next().value;
    // With nothing open, all up to the newest are dealt with.
    if (first === undefined) this.#setup.memory.hear(this.#newest);
    this.#setup.settled(first === undefined ? this.#highest : first - 1);
  }
}
