import type { AgentSession } from '../../../src/core/agent.ts';
import type { AgentEvent, AgentEventBody } from '../../../src/core/agent-event.ts';
import type { Log } from '../../../src/core/platform.ts';

/** Reads a session's events and lets a test wait for one. */
export class SessionReader {
  readonly events: AgentEvent[] = [];
  readonly done: Promise<void>;
  #wake: Array<() => void> = [];
  #ended = false;

  constructor(session: AgentSession) {
    this.done = this.#read(session);
  }

  get bodies(): AgentEventBody[] {
    return this.events.map(({ body }) => body);
  }

  get text(): string {
    return this.bodies.map((body) => (body.kind === 'text' ? body.text : '')).join('');
  }

  of<K extends AgentEventBody['kind']>(kind: K): Extract<AgentEventBody, { kind: K }>[] {
    return this.bodies.filter((body): body is Extract<AgentEventBody, { kind: K }> => body.kind === kind);
  }

  /** The n-th (from 1) event of this kind. Rejects when the session ends before. */
  async next<K extends AgentEventBody['kind']>(
    kind: K,
    nth = 1,
  ): Promise<Extract<AgentEventBody, { kind: K }>> {
    for (;;) {
      const found = this.of(kind)[nth - 1];
      if (found !== undefined) return found;
      if (this.#ended)
        throw new Error(`no ${kind} #${nth}; got ${JSON.stringify(this.bodies).slice(0, 2000)}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  async #read(session: AgentSession): Promise<void> {
    for await (const event of session.events(0)) {
      this.events.push(event);
      this.#notify();
    }
    this.#ended = true;
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}

/** A log that keeps nothing. */
export const quietLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quietLog,
};
