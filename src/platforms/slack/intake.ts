import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, describeError } from '../../core/errors.ts';
import type { Action, Inbound, MessageInbound } from '../../core/inbound.ts';
import type { ActionReply, Log, PlatformSink } from '../../core/platform.ts';
import { BoundedMap } from '../../kit/bounded-map.ts';
import { type InboundContext, type Reading, readAction, readCommand, readEvent } from './inbound.ts';
import type { SeenPlaces } from './seen.ts';
import { record, stamp, type Wire, word } from './wire.ts';

export interface IntakeSetup {
  readonly log: Log;
  readonly seen: SeenPlaces;
  readonly ackMs: number;
  context(): InboundContext;
  sink(): PlatformSink;
  /** Resolves when what was missed has been handed over, or that takes too long. */
  caughtUp(): Promise<void>;
  /** A place nobody knew has its first word for us, with this stamp; what it waits for is decided before this returns. */
  firstWord(chat: string, thread: string | undefined, ts: string): void;
  /** Something could not be stored: the history is to be read again. */
  failed(): void;
  /** A person wrote: time to learn their name. */
  met(user: string): void;
  /** A person opened a new conversation in the assistant's pane. */
  opened(chat: string, thread: string): void;
  /** A message was taken in that may give its conversation a title. */
  titled(input: MessageInbound): void;
  answered(press: { action: Action; respondUrl: string | undefined }, reply: ActionReply): void;
}

/** Payloads on their way to the sink. What it resolves with is the body of the acknowledgement. */
export class Intake {
  readonly #setup: IntakeSetup;
  readonly #threads = new BoundedMap<string, true>(5_000);

  constructor(setup: IntakeSetup) {
    this.#setup = setup;
  }

  /** The bot takes part in this thread. */
  joined(chat: string, thread: string): void {
    this.#threads.set(`${chat}|${thread}`, true);
  }

  isActive(chat: string, thread: string): boolean {
    return this.#threads.has(`${chat}|${thread}`) || this.#setup.seen.knows(chat, thread);
  }

  async payload(body: Wire): Promise<object | undefined> {
    if (body.event !== undefined) {
      const event = record(body.event);
      this.#meet(event);
      await this.#setup.caughtUp();
      await this.event(event);
      return undefined;
    }
    if (body.command !== undefined) return this.#command(body);
    if (body.type === 'block_actions') return this.#action(body);
    this.#setup.log.debug({ type: word(body.type) }, 'a payload that is not for us');
    return undefined;
  }

  #meet(event: Wire): void {
    const chat = word(event.channel);
    const ts = stamp(event.ts);
    const thread = stamp(event.thread_ts);
    if (!chat || !ts || !isPlain(event) || this.#setup.seen.knows(chat, thread)) return;
    const reading = this.#read(() => readEvent(event, this.#setup.context()));
    if (reading.kind === 'input') this.#setup.firstWord(chat, thread, ts);
  }

  /** One event, or one message of the history. */
  async event(event: Wire): Promise<void> {
    if (event.type === 'assistant_thread_started') {
      const opened = record(event.assistant_thread);
      const place = word(opened.channel_id);
      const root = stamp(opened.thread_ts);
      if (place && root) this.#setup.opened(place, root);
      return;
    }
    const { seen } = this.#setup;
    const reading = this.#read(() => readEvent(event, this.#setup.context()));
    const chat = word(event.channel);
    const ts = stamp(event.ts);
    const thread = stamp(event.thread_ts);
    const plain = isPlain(event);
    if (reading.kind === 'ignored') {
      this.#setup.log.debug({ why: reading.why }, 'an event is not for us');
      if (chat && ts && plain && seen.knows(chat, thread)) seen.advance(chat, thread, ts);
      return;
    }
    const { input } = reading;
    try {
      await this.#hand(input);
    } catch (error) {
      if (chat && ts && plain) seen.hold(chat, thread, ts);
      this.#setup.failed();
      throw error;
    }
    if (!chat || !ts || !plain) return;
    // Replies are not in the history of the channel but in that of their thread.
    seen.advance(chat, thread, ts);
    const own = input.address.thread;
    if (own !== undefined && own !== thread) seen.advance(chat, own, ts);
  }

  async #hand(input: Inbound): Promise<void> {
    const verdict = await this.#setup.sink().input(input);
    const { chat, thread, direct } = input.address;
    if (verdict === 'refused') return;
    this.#setup.met(input.sender.id);
    if (thread === undefined) return;
    if (direct && input.kind === 'message' && !this.isActive(chat, thread)) this.#setup.titled(input);
    this.joined(chat, thread);
  }

  async #command(body: Wire): Promise<object | undefined> {
    const reading = this.#read(() => readCommand(body, this.#setup.context()));
    if (reading.kind === 'ignored') {
      this.#setup.log.debug({ why: reading.why }, 'a command is not for us');
      return undefined;
    }
    await this.#inTime(this.#hand(reading.input));
    // Without this the channel would not show what was asked.
    return { response_type: 'in_channel' };
  }

  async #action(body: Wire): Promise<undefined> {
    const action = readAction(body, this.#setup.context());
    if (action === undefined) {
      this.#setup.log.debug({}, 'a press of something else');
      return undefined;
    }
    const respondUrl = word(body.response_url);
    const done = this.#setup
      .sink()
      .action(action)
      .then((reply) => this.#setup.answered({ action, respondUrl }, reply));
    await this.#inTime(done);
    return undefined;
  }

  /** Presses and commands are never repeated: past the deadline the person would only be shown a failure. */
  async #inTime(done: Promise<void>): Promise<void> {
    const timer = new AbortController();
    const late = sleep(this.#setup.ackMs, 'late', { signal: timer.signal, ref: false }).catch(
      () => undefined,
    );
    const first = await Promise.race([done, late]).finally(() => timer.abort());
    if (first !== 'late') return;
    done.catch((error: unknown) =>
      this.#setup.log.warn({ error: describeError(error) }, 'a press or command failed after its deadline'),
    );
  }

  /** A payload that cannot be read must not come again and again. */
  #read(task: () => Reading): Reading {
    try {
      return task();
    } catch (error) {
      if (error instanceof AppError) throw error;
      this.#setup.log.warn({ error: describeError(error) }, 'a payload could not be read');
      return { kind: 'ignored', why: 'unreadable' };
    }
  }
}

/** A message by itself, not what became of an earlier one. */
const isPlain = ({ subtype }: Wire): boolean =>
  subtype !== 'message_changed' && subtype !== 'message_deleted';
