import type { AgentEventBody, ApprovalAnswer, ApprovalRequest } from '../../core/agent-event.ts';
import { AppError } from '../../core/errors.ts';

/** A question of the agent as the wire has it. */
export interface Asked {
  readonly request: ApprovalRequest;
  /** The reply for an answer; undefined when the answer names an option that was not offered. */
  reply(answer: ApprovalAnswer): object | undefined;
  /** The reply when nobody will answer any more. */
  readonly cancelled: object;
}

interface Waiting {
  readonly asked: Asked;
  readonly settle: (reply: object) => void;
}

/** The questions of one session that wait for a person. */
export class OpenRequests {
  readonly #tell: (event: AgentEventBody) => void;
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;

  constructor(tell: (event: AgentEventBody) => void) {
    this.#tell = tell;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Asks, and resolves with the reply for the agent. `signal` aborts when the agent takes the question back. */
  ask(asked: Asked, signal: AbortSignal): Promise<object> {
    const wireId = `p${++this.#count}`;
    return new Promise((settle) => {
      this.#waiting.set(wireId, { asked, settle });
      signal.addEventListener('abort', () => this.#withdraw(wireId), { once: true });
      this.#tell({ kind: 'approval', wireId, request: asked.request });
    });
  }

  answer(wireId: string, answer: ApprovalAnswer): 'taken' | 'stale' {
    const waiting = this.#waiting.get(wireId);
    if (waiting === undefined) return 'stale';
    const reply = waiting.asked.reply(answer);
    if (reply === undefined) {
      throw new AppError('agent.option_unknown', 'The agent did not offer this option', {
        kind: 'validation',
      });
    }
    this.#waiting.delete(wireId);
    waiting.settle(reply);
    return 'taken';
  }

  withdrawAll(): void {
    for (const wireId of [...this.#waiting.keys()]) this.#withdraw(wireId);
  }

  #withdraw(wireId: string): void {
    const waiting = this.#waiting.get(wireId);
    if (waiting === undefined) return;
    this.#waiting.delete(wireId);
    waiting.settle(waiting.asked.cancelled);
    this.#tell({ kind: 'approval_withdrawn', wireId });
  }
}
