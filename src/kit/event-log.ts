import type { AgentEvent, AgentEventBody } from '../core/agent-event.ts';

/** Read events kept so that a reader can start again a little earlier. */
const KEPT = 1024;
/** Unread events above which the agent's output is made to wait. */
const HIGH = 4096;

/** The numbered events of one agent session, for one reader at a time. Numbers start at 1. */
export class EventLog {
  #events: AgentEvent[] = [];
  /** Number of `#events[0]`. */
  #first = 1;
  #next = 1;
  #ended = false;
  #readUpTo = 0;
  #reader = 0;
  #wake: (() => void) | undefined;
  #room: { promise: Promise<void>; resolve: () => void } | undefined;

  append(body: AgentEventBody, parent?: string): void {
    if (this.#ended) return;
    const seq = this.#next++;
    this.#events.push(parent === undefined ? { seq, body } : { seq, parent, body });
    this.#notify();
  }

  /** No event follows; readers finish after the last one. */
  end(): void {
    this.#ended = true;
    this.#notify();
    this.#release();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when the reader has caught up; undefined when there is room now. */
  room(): Promise<void> | undefined {
    if (this.#ended || this.#next - 1 - this.#readUpTo < HIGH) return undefined;
    if (this.#room === undefined) {
      let resolve: () => void = () => undefined;
      const promise = new Promise<void>((done) => {
        resolve = done;
      });
      this.#room = { promise, resolve };
    }
    return this.#room.promise;
  }

  /** A new reader takes over from the one before, which finishes. */
  async *read(fromSeq: number): AsyncGenerator<AgentEvent, void, void> {
    const me = ++this.#reader;
    this.#notify();
    let at = Math.max(fromSeq, this.#first);
    while (me === this.#reader) {
      const event = this.#events[at - this.#first];
      if (event !== undefined) {
        at = event.seq + 1;
        this.#consumed(event.seq);
        yield event;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #consumed(seq: number): void {
    this.#readUpTo = Math.max(this.#readUpTo, seq);
    if (this.#next - 1 - this.#readUpTo < HIGH / 2) this.#release();
    const surplus = this.#readUpTo - KEPT - this.#first;
    if (surplus > KEPT) {
      this.#events.splice(0, surplus);
      this.#first += surplus;
    }
  }

  #release(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
