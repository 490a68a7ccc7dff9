import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import type { MenuEntry } from '../../core/platform.ts';
import type { ClientFrame, ServerFrame } from '../../platforms/terminal/frames.ts';
import type { AttachTarget } from '../../servers/local/backend.ts';
import { type Connection, connectChat } from './connection.ts';
import { buttonFor, type Showing, Transcript } from './transcript.ts';

type Asking = Exclude<ClientFrame, { t: 'ack' }>;
export type Hello = Extract<ServerFrame, { t: 'hello' }>;

/** The face of a chat: a screen, or plain lines. */
export interface ChatView {
  hello(hello: Hello): void;
  show(showing: Showing): void;
  /** Something of the conversation's state changed: `busy`, `commands`. */
  changed(): void;
}

const firstRetryMs = 200;
const lastRetryMs = 5000;

/** One person's side of a conversation: survives restarts of the daemon and sends what was not confirmed again. */
export class ChatSession {
  readonly transcript = new Transcript();
  commands: readonly MenuEntry[] = [];
  /** ms since the epoch of the last frame. */
  lastFrameAt = Date.now();
  /** Settles when the chat is over: by `leave`, or rejected when it cannot go on. */
  readonly over: Promise<void>;
  readonly #socketPath: string;
  readonly #where: AttachTarget;
  readonly #view: ChatView;
  readonly #giveUpAfterMs: number;
  readonly #unconfirmed = new Map<string, Asking>();
  #connection: Connection | undefined;
  #left = false;
  #end: { resolve(): void; reject(error: unknown): void } = { resolve() {}, reject() {} };

  /** `giveUpAfterMs`: how long a lost daemon is looked for. */
  constructor(socketPath: string, where: AttachTarget, view: ChatView, giveUpAfterMs: number) {
    this.#socketPath = socketPath;
    this.#where = where;
    this.#view = view;
    this.#giveUpAfterMs = giveUpAfterMs;
    this.over = new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
    });
    // Whoever only leaves need not look at the outcome.
    this.over.catch(() => {});
  }

  async open(): Promise<void> {
    this.#connection = await connectChat(this.#socketPath, this.#where, {
      frame: (frame) => this.#take(frame),
      lost: () => void this.#reconnect(),
    });
  }

  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#connection?.close();
    this.#end.resolve();
  }

  /** Sends a line: the answer to an open card when it is one, else a message. */
  say(text: string): void {
    const card = this.transcript.openCard;
    const button = card && buttonFor(text.trim(), card.buttons);
    if (card && button) {
      const id = randomUUID();
      this.transcript.answered(card.ref, id);
      this.#ask({ t: 'action', id, data: button.data, ref: card.ref, at: Date.now() });
      return;
    }
    this.transcript.spoke();
    this.#ask({ t: 'input', id: randomUUID(), text, at: Date.now() });
  }

  stopTurn(): void {
    this.#ask({ t: 'stop', id: randomUUID(), at: Date.now() });
  }

  /** Something was sent and the daemon has not said yet what became of it. */
  get waiting(): boolean {
    return this.#unconfirmed.size > 0;
  }

  #ask(frame: Asking): void {
    this.#unconfirmed.set(frame.id, frame);
    this.#connection?.send(frame);
  }

  #take(frame: ServerFrame): void {
    this.lastFrameAt = Date.now();
    if (frame.t === 'refused') {
      this.#refused(frame);
      return;
    }
    if (frame.t === 'hello') {
      this.commands = frame.commands;
      this.#view.hello(frame);
      for (const asked of this.#unconfirmed.values()) this.#connection?.send(asked);
      return;
    }
    if (frame.t === 'commands') this.commands = frame.commands;
    if (frame.t === 'result') this.#unconfirmed.delete(frame.id);
    const { show, ack } = this.transcript.take(frame);
    for (const showing of show) this.#view.show(showing);
    if (ack) this.#connection?.send({ t: 'ack', ...ack });
    this.#view.changed();
  }

  #refused(frame: Extract<ServerFrame, { t: 'refused' }>): void {
    this.#left = true;
    const advice = frame.advice ? { advice: frame.advice } : {};
    this.#end.reject(new AppError(frame.code, frame.error, { kind: 'validation', ...advice }));
  }

  async #reconnect(): Promise<void> {
    this.#connection = undefined;
    this.transcript.busy = false;
    if (this.#left) return;
    this.#view.show({ kind: 'note', text: 'connection lost; looking for the daemon …' });
    const deadline = Date.now() + this.#giveUpAfterMs;
    for (let pause = firstRetryMs; !this.#left; pause = Math.min(pause * 2, lastRetryMs)) {
      await sleep(pause);
      const failure = await this.open().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure === undefined) return;
      if (Date.now() > deadline) return this.#end.reject(failure);
    }
  }
}
