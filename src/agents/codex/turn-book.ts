import type { AgentEventBody } from '../../core/agent-event.ts';
import type { PromptId } from '../../core/ids.ts';

interface OpenTurn {
  readonly id: string;
  readonly prompts: PromptId[];
}

interface Waiting {
  readonly prompt: PromptId;
  readonly accepted: (folded: boolean) => void;
  /** The server has replied; a compaction does so without naming the turn. */
  replied?: boolean;
  turnId?: string;
}

/**
 * Knows which prompts belong to which turn. The reply to `turn/start` names the turn, `turn/started` begins it, and
 * either may come first; a prompt given to a running turn gets that turn's id.
 */
export class TurnBook {
  #waiting: Waiting | undefined;
  #open: OpenTurn | undefined;
  #lastEnded: string | undefined;
  /** Accepted prompts whose turn was never heard of. */
  readonly #orphans: PromptId[] = [];
  /** Steered prompts and whether the server has confirmed them. */
  readonly #steered = new Map<PromptId, boolean>();

  get running(): boolean {
    return this.#open !== undefined;
  }

  /** The turn to interrupt: the running one, or one that was promised and has not begun. */
  get turnId(): string | undefined {
    return this.#open?.id ?? this.#waiting?.turnId;
  }

  /** A prompt is about to be written. `accepted` is called once, unless it is dropped or the process ends. */
  sent(prompt: PromptId, accepted: (folded: boolean) => void): void {
    if (this.#waiting?.replied === true) this.#orphans.push(this.#waiting.prompt);
    this.#waiting = { prompt, accepted };
  }

  dropped(prompt: PromptId): void {
    if (this.#waiting?.prompt === prompt) this.#waiting = undefined;
  }

  /** The server has replied to `turn/start`. */
  replied(prompt: PromptId, turnId: string | undefined): AgentEventBody[] {
    const waiting = this.#waiting;
    if (waiting?.prompt !== prompt) return [];
    if (this.#open !== undefined && this.#open.id === turnId) {
      this.#waiting = undefined;
      waiting.accepted(true);
      return this.#fold(prompt);
    }
    if (turnId !== undefined) waiting.turnId = turnId;
    waiting.replied = true;
    waiting.accepted(false);
    return [];
  }

  /** The turn of this id runs; whatever belongs to a turn that has ended is late and begins none. */
  active(turnId: string | undefined): AgentEventBody[] {
    if (turnId === undefined || this.#open !== undefined || turnId === this.#lastEnded) return [];
    const waiting = this.#waiting;
    const ours = waiting !== undefined && (waiting.turnId === undefined || waiting.turnId === turnId);
    if (!ours) return this.#begin({ id: turnId, prompts: [] });
    this.#waiting = undefined;
    const events = this.#begin({ id: turnId, prompts: [waiting.prompt] });
    waiting.accepted(false);
    return events;
  }

  /** Another turn began: the end of the running one was never told. */
  overtaken(turnId: string | undefined): readonly PromptId[] | undefined {
    const open = this.#open;
    if (open === undefined || turnId === undefined || turnId === open.id || turnId === this.#lastEnded)
      return undefined;
    this.#open = undefined;
    this.#lastEnded = open.id;
    return open.prompts;
  }

  /** A message for the running turn is about to be written. */
  steering(prompt: PromptId): void {
    this.#steered.set(prompt, false);
  }

  /** The server took it. False: its turn was over without having seen it. */
  steered(prompt: PromptId): { readonly taken: boolean; readonly events: AgentEventBody[] } {
    const seen = this.#steered.get(prompt);
    this.#steered.delete(prompt);
    if (seen === true) return { taken: true, events: [] };
    return { taken: this.#open !== undefined, events: this.#fold(prompt) };
  }

  notSteered(prompt: PromptId): void {
    this.#steered.delete(prompt);
  }

  /** The model has got a message, under the id it was sent with. */
  seen(prompt: PromptId): AgentEventBody[] {
    if (!this.#steered.has(prompt)) return [];
    this.#steered.set(prompt, true);
    return this.#fold(prompt);
  }

  /** Undefined when this turn is not ours to end (already ended, or never begun). */
  ended(
    turnId: string | undefined,
  ): { readonly before: AgentEventBody[]; readonly prompts: PromptId[] } | undefined {
    const before = this.active(turnId);
    const open = this.#open;
    if (open === undefined || (turnId !== undefined && turnId !== open.id)) return undefined;
    this.#open = undefined;
    this.#lastEnded = open.id;
    return { before, prompts: open.prompts };
  }

  /** The process is gone: the prompts that were accepted and get no other end; undefined when there is none. */
  lost(): { readonly before: AgentEventBody[]; readonly prompts: PromptId[] } | undefined {
    const accepted = this.#waiting?.replied === true ? [this.#waiting.prompt] : [];
    const prompts = [...(this.#open?.prompts ?? []), ...this.#orphans, ...accepted];
    const running = this.#open !== undefined;
    this.#open = undefined;
    this.#waiting = undefined;
    if (!running && prompts.length === 0) return undefined;
    const before = running ? [] : [{ kind: 'turn_start' as const, origin: 'prompt' as const, prompts }];
    return { before, prompts: [...new Set(prompts)] };
  }

  #begin(turn: OpenTurn): AgentEventBody[] {
    this.#open = turn;
    const origin = turn.prompts.length > 0 ? 'prompt' : 'background';
    return [{ kind: 'turn_start', origin, prompts: [...turn.prompts] }];
  }

  #fold(prompt: PromptId): AgentEventBody[] {
    if (this.#open === undefined || this.#open.prompts.includes(prompt)) return [];
    this.#open.prompts.push(prompt);
    return [{ kind: 'prompt_folded', prompt }];
  }
}
