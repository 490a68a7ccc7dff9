import type { PromptId } from '../core/ids.ts';
import type { InputRow } from '../store/rows.ts';

/** How long an agent that took a message may leave its turn before the message is run like any other. */
const patienceMs = 10_000;
/** Prompts remembered as turns of their own; whoever passed one asks within moments. */
const ownMax = 100;

/**
 * Messages that were passed to a running turn. Most become part of it. One that the agent had no time to look at before
 * the turn ended becomes a turn of its own: until it begins, nothing else may.
 */
export class PassedPrompts {
  private readonly passed = new Map<PromptId, InputRow>();
  private readonly awaited = new Map<PromptId, InputRow>();
  private readonly late: (rows: readonly InputRow[]) => void;
  private readonly own = new Set<PromptId>();
  private timer: NodeJS.Timeout | undefined;

  /** `late` gets back what the agent took and never began. */
  constructor(late: (rows: readonly InputRow[]) => void) {
    this.late = late;
  }

  /** A turn of the agent's is about to begin with a message that has left the queue. */
  get awaiting(): boolean {
    return this.awaited.size > 0;
  }

  pass(prompt: PromptId, row: InputRow): void {
    this.passed.set(prompt, row);
  }

  /** These are in a turn, or were not taken at all. */
  settled(prompts: readonly PromptId[]): void {
    for (const prompt of prompts) this.passed.delete(prompt);
  }

  /** The turn ended: what was passed to it and is not in it will get a turn of its own. */
  turnEnded(inputs: readonly InputRow[]): readonly InputRow[] {
    const left = [...this.passed].filter(([, row]) => inputs.some(({ id }) => id === row.id));
    for (const [prompt] of left) this.await(prompt);
    return left.map(([, row]) => row);
  }

  /** Taken when the turn was over already: true if it is not in it, and so has one of its own, now or soon. */
  taken(prompt: PromptId): boolean {
    if (this.passed.has(prompt)) this.await(prompt);
    return this.awaited.has(prompt) || this.own.has(prompt);
  }

  /** The agent begins a turn with these prompts: the messages behind those that wait for it. */
  begun(prompts: readonly PromptId[]): readonly InputRow[] {
    return prompts.flatMap((prompt) => {
      const row = this.awaited.get(prompt) ?? this.passed.get(prompt);
      this.awaited.delete(prompt);
      this.passed.delete(prompt);
      if (row && this.own.size >= ownMax) this.own.clear();
      if (row) this.own.add(prompt);
      return row ? [row] : [];
    });
  }

  /** The agent is gone, or has had its time: they wait like any other message. */
  giveUp(): void {
    clearTimeout(this.timer);
    const rows = [...this.awaited.values()];
    this.awaited.clear();
    this.passed.clear();
    this.own.clear();
    if (rows.length > 0) this.late(rows);
  }

  private await(prompt: PromptId): void {
    const row = this.passed.get(prompt);
    if (!row) return;
    this.passed.delete(prompt);
    this.awaited.set(prompt, row);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.giveUp(), patienceMs);
    this.timer.unref();
  }
}
