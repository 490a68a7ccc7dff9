import type { AgentEventBody, TurnOutcome } from '../../core/agent-event.ts';
import { asId, type NativeId, type PromptId } from '../../core/ids.ts';
import { number, text, type Wire } from '../../kit/acp/wire.ts';
import { TurnContent } from './content.ts';
import { turnOutcome } from './outcome.ts';

/**
 * Turns the lines of `--mode json` into events. A process is one turn; its exit is the turn's end, since `agent_end`
 * may be followed by a retry or a compaction.
 */
export class JsonReader {
  readonly format = 'json';
  readonly #content = new TurnContent();
  #prompt: PromptId | undefined;
  #running = false;
  #nativeId: NativeId | undefined;

  constructor(resume: NativeId | undefined) {
    this.#nativeId = resume;
  }

  get nativeId(): NativeId | undefined {
    return this.#nativeId;
  }

  get running(): boolean {
    return this.#running;
  }

  sent(prompt: PromptId): AgentEventBody[] {
    this.#prompt = prompt;
    return [];
  }

  read(line: Wire): AgentEventBody[] {
    switch (text(line.type)) {
      case 'session':
        return this.#session(text(line.id));
      case 'agent_start':
        return this.#begin();
      case 'auto_retry_start':
        return this.#inTurn([...this.#content.retried(), retrying(line)]);
      case 'compaction_start':
        return this.#inTurn([{ kind: 'notice', notice: { kind: 'compacting', done: false } }]);
      case 'compaction_end':
        return this.#inTurn([{ kind: 'notice', notice: { kind: 'compacting', done: true } }]);
      default:
        return this.#inTurn(this.#content.read(line));
    }
  }

  /** The process has ended. Its exit code says nothing: it is 0 after errors of the model too. */
  ended(outcome: TurnOutcome): AgentEventBody[] {
    const prompt = this.#prompt;
    if (!this.#running || prompt === undefined) return [];
    const { stopReason, errorMessage, final, usage } = this.#content;
    // What the model said last is the end, unless the process was cut off before or after it.
    const told =
      stopReason === undefined || stopReason === 'toolUse' ? outcome : turnOutcome(stopReason, errorMessage);
    const ending = outcome.status === 'interrupted' ? outcome : told;
    this.#running = false;
    this.#prompt = undefined;
    return [
      ...this.#content.end(),
      {
        kind: 'turn_end',
        prompts: [prompt],
        outcome: ending,
        ...(final === undefined || ending.status !== 'ok' ? {} : { text: final }),
        ...(usage === undefined ? {} : { usage }),
      },
    ];
  }

  #session(id: string | undefined): AgentEventBody[] {
    if (id === undefined || id === this.#nativeId) return [];
    this.#nativeId = asId<NativeId>(id);
    return [{ kind: 'session', nativeId: this.#nativeId }];
  }

  #begin(): AgentEventBody[] {
    if (this.#running || this.#prompt === undefined) return [];
    this.#running = true;
    return [{ kind: 'turn_start', origin: 'prompt', prompts: [this.#prompt] }];
  }

  #inTurn(events: AgentEventBody[]): AgentEventBody[] {
    if (events.length === 0) return [];
    const begun = this.#begin();
    return this.#running ? [...begun, ...events] : [];
  }
}

function retrying(line: Wire): AgentEventBody {
  const notice = {
    kind: 'retrying' as const,
    attempt: number(line.attempt) ?? 1,
    max: number(line.maxAttempts) ?? 1,
    delayMs: number(line.delayMs) ?? 0,
    reason: text(line.errorMessage) ?? '',
  };
  return { kind: 'notice', notice };
}
