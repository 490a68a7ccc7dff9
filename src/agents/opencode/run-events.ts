import type { AgentEventBody, TurnOutcome, Usage } from '../../core/agent-event.ts';
import type { NativeId, PromptId } from '../../core/ids.ts';
import { outcomeOfError } from '../../kit/acp/outcome.ts';
import { number, record, text, type Wire } from '../../kit/acp/wire.ts';
import { OneTurn } from '../../kit/turn-process/one-turn.ts';
import { toolCall, toolEnd } from './tools.ts';

/**
 * Turns the lines of `opencode run --format json` into events (recorded with 1.18.33). Texts and tools come whole, once
 * they are done; no line tells of the end, which is the exit of the process.
 */
export class RunReader {
  readonly format = 'json';
  readonly #turn: OneTurn;
  #usage: Usage | undefined;
  #error: TurnOutcome | undefined;
  #stopped = false;
  #rejected = false;

  constructor(resume: NativeId | undefined) {
    this.#turn = new OneTurn(resume);
  }

  get nativeId(): NativeId | undefined {
    return this.#turn.nativeId;
  }

  get running(): boolean {
    return this.#turn.running;
  }

  sent(prompt: PromptId): AgentEventBody[] {
    this.#turn.sent(prompt);
    this.#usage = undefined;
    this.#error = undefined;
    this.#stopped = false;
    this.#rejected = false;
    // The first line comes with the model's first answer, which may take long.
    return this.#turn.begin();
  }

  read(line: Wire): AgentEventBody[] {
    const session = this.#turn.session(text(line.sessionID));
    return [...session, ...this.#line(text(line.type), record(line.part), line)];
  }

  /** What the lines say about a turn whose process has ended in order; undefined when they do not tell its end. */
  get outcome(): TurnOutcome | undefined {
    if (this.#error !== undefined) return this.#error;
    // A refused permission ends the run without another word.
    return this.#stopped || this.#rejected ? { status: 'ok' } : undefined;
  }

  ended(outcome: TurnOutcome): AgentEventBody[] {
    if (!this.running) return [];
    return this.#turn.end(outcome, this.#usage === undefined ? {} : { usage: this.#usage });
  }

  #line(type: string | undefined, part: Wire, line: Wire): AgentEventBody[] {
    switch (type) {
      case 'step_start':
        this.#stopped = false;
        return this.#turn.begin();
      case 'text':
        return this.#turn.block(text(part.text) ?? '');
      case 'reasoning':
        return this.#turn.thought(text(part.text) ?? '', 'block');
      case 'tool_use':
        return this.#tool(part);
      case 'step_finish':
        return this.#stepFinished(part);
      case 'error':
        return this.#failed(record(line.error));
      default:
        return [];
    }
  }

  #tool(part: Wire): AgentEventBody[] {
    const call = toolCall(part);
    const end = toolEnd(part);
    this.#rejected = /^The user rejected permission/.test(end.output);
    const ended = this.#turn.toolEnded(call.id, end, call);
    if (!this.#rejected || ended.length === 0) return ended;
    const notice = { kind: 'denied_by_policy' as const, tool: call.name, message: end.output };
    return [...ended, ...this.#turn.say({ kind: 'notice', notice })];
  }

  #stepFinished(part: Wire): AgentEventBody[] {
    // Anything but `tool-calls` is the last step.
    this.#stopped = text(part.reason) !== 'tool-calls';
    this.#count(part);
    return this.#turn.begin();
  }

  #failed(error: Wire): AgentEventBody[] {
    const data = record(error.data);
    const message = text(data.message) ?? text(error.name) ?? 'The turn failed';
    this.#error = outcomeOfError({ code: number(data.statusCode) ?? 0, message });
    return this.#turn.begin();
  }

  #count(part: Wire): void {
    const tokens = record(part.tokens);
    const cache = record(tokens.cache);
    const sum = (before: number | undefined, more: unknown) => (before ?? 0) + (number(more) ?? 0);
    const before = this.#usage ?? {};
    this.#usage = {
      inputTokens: sum(before.inputTokens, tokens.input),
      outputTokens: sum(before.outputTokens, tokens.output),
      cacheReadTokens: sum(before.cacheReadTokens, cache.read),
      cacheWriteTokens: sum(before.cacheWriteTokens, cache.write),
      costUsd: sum(before.costUsd, part.cost),
      contextTokens: number(tokens.total),
    };
  }
}
