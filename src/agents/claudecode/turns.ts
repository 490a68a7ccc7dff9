import type { AgentEventBody } from '../../core/agent-event.ts';
import type { PromptId } from '../../core/ids.ts';

interface OpenTurn {
  readonly origin: 'prompt' | 'background';
  readonly prompts: PromptId[];
  /** Taken for the turn of this prompt, which the CLI has not yet confirmed. */
  assumed?: PromptId;
}

/** What a prompt's sender is told: it was accepted, into a running turn or not. */
export type Accepted = (folded: boolean) => void;

/**
 * Knows which prompts belong to which turn.
 *
 * The CLI names prompts by their uuid: newer versions in `command_lifecycle` lines before the turn begins, all
 * versions in the replayed user message, which may come after the first words of the answer. Until then a turn that
 * begins while a prompt waits is assumed to be that prompt's, unless a background task has just reported.
 */
export class TurnBook {
  readonly #waiting = new Map<PromptId, Accepted | undefined>();
  #open: OpenTurn | undefined;
  #lifecycle = false;
  #notified = false;
  /** A turn was announced that was not opened, because it was not clear whose it is. */
  #announced = false;

  get running(): boolean {
    return this.#open !== undefined;
  }

  /** Tells whether the turn running now, or a prompt given by now, has still not ended. */
  pending(): () => boolean {
    const turn = this.#open;
    const prompts = [...this.#waiting.keys(), ...(turn?.prompts ?? [])];
    return () =>
      (turn !== undefined && this.#open === turn) ||
      prompts.some((prompt) => this.#waiting.has(prompt) || this.#open?.prompts.includes(prompt) === true);
  }

  /** A prompt is about to be written. `accepted` is called once, unless the process ends before. */
  sent(prompt: PromptId, accepted: Accepted): void {
    this.#waiting.set(prompt, accepted);
  }

  /** The prompt was written. Versions without lifecycle lines take it into a running turn without a word. */
  written(prompt: PromptId): void {
    if (this.#open !== undefined && !this.#lifecycle) this.#accept(prompt, true);
  }

  /** The prompt could not be written. */
  dropped(prompt: PromptId): void {
    this.#waiting.delete(prompt);
  }

  queued(prompt: PromptId): void {
    this.#lifecycle = true;
    if (this.#open !== undefined) this.#accept(prompt, true);
  }

  /** The prompt has begun to be worked on: a turn of its own, or folded into the running one. */
  started(prompt: PromptId, source: 'lifecycle' | 'replay'): AgentEventBody[] {
    if (source === 'lifecycle') this.#lifecycle = true;
    if (!this.#waiting.has(prompt)) return [];
    const open = this.#open;
    this.#accept(prompt, open !== undefined && open.assumed !== prompt);
    this.#waiting.delete(prompt);
    if (open === undefined) return this.#begin({ origin: 'prompt', prompts: [prompt] });
    if (open.assumed === prompt) {
      delete open.assumed;
      return [];
    }
    open.prompts.push(prompt);
    return [{ kind: 'prompt_folded', prompt }];
  }

  /** An echo outside any turn: the CLI has seen this uuid before and will not run the prompt. */
  isRepeat(prompt: PromptId): boolean {
    return this.#waiting.has(prompt) && this.#open === undefined && !this.#announced;
  }

  /** The CLI announces a turn (`init`) without saying whose. */
  announced(): AgentEventBody[] {
    this.#announced = true;
    if (this.#open !== undefined || this.#lifecycle || this.#notified) return [];
    return this.#assume();
  }

  /** The agent itself says or does something: some turn is running. */
  active(): AgentEventBody[] {
    if (this.#open !== undefined) return [];
    if (!this.#lifecycle && !this.#notified && this.#waiting.size > 0) return this.#assume();
    return this.#begin({ origin: 'background', prompts: [] });
  }

  /** A background task reported while idle: what comes next may be the agent's own turn. */
  notified(): void {
    if (this.#open === undefined) this.#notified = true;
  }

  /**
   * A result line. Begins the turn first when nothing of it was seen. Undefined when it belongs to no turn at all.
   * `named` are the prompts the result itself names, `background` that it says to be nobody's.
   */
  ended(
    named: readonly PromptId[],
    background: boolean,
  ): { readonly before: AgentEventBody[]; readonly prompts: PromptId[] } | undefined {
    const before = named.flatMap((prompt) => this.started(prompt, 'replay'));
    if (this.#open === undefined) {
      if (background) before.push(...this.#begin({ origin: 'background', prompts: [] }));
      else if (this.#waiting.size > 0) before.push(...this.#assume());
    }
    const open = this.#open;
    this.#open = undefined;
    this.#notified = false;
    this.#announced = false;
    if (open === undefined) return undefined;
    if (open.assumed !== undefined && !background) {
      this.#waiting.delete(open.assumed);
    } else if (open.assumed !== undefined) {
      // It was the agent's own turn after all; the prompt still waits for its own.
      open.prompts.splice(open.prompts.indexOf(open.assumed), 1);
    }
    return { before, prompts: open.prompts };
  }

  /** The process is gone: the prompts that were accepted and will never get another end; undefined when there is none. */
  lost(): { readonly before: AgentEventBody[]; readonly prompts: PromptId[] } | undefined {
    const accepted = [...this.#waiting].filter(([, tell]) => tell === undefined).map(([prompt]) => prompt);
    this.#waiting.clear();
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) return { before: [], prompts: [...new Set([...open.prompts, ...accepted])] };
    if (accepted.length === 0) return undefined;
    return { before: [{ kind: 'turn_start', origin: 'prompt', prompts: accepted }], prompts: accepted };
  }

  #assume(): AgentEventBody[] {
    const [first] = this.#waiting.keys();
    if (first === undefined) return [];
    this.#accept(first, false);
    return this.#begin({ origin: 'prompt', prompts: [first], assumed: first });
  }

  #begin(turn: OpenTurn): AgentEventBody[] {
    this.#open = turn;
    return [{ kind: 'turn_start', origin: turn.origin, prompts: [...turn.prompts] }];
  }

  #accept(prompt: PromptId, folded: boolean): void {
    const tell = this.#waiting.get(prompt);
    if (tell === undefined) return;
    this.#waiting.set(prompt, undefined);
    tell(folded);
  }
}
