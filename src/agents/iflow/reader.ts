import type { AgentEventBody, TurnOutcome } from '../../core/agent-event.ts';
import type { NativeId, PromptId } from '../../core/ids.ts';
import { text, type Wire } from '../../kit/acp/wire.ts';
import { OneTurn } from '../../kit/turn-process/one-turn.ts';
import { callsOf, resultsOf, textsOf } from './lines.ts';

/**
 * Lines of a conversation's transcript as they are written: `{sessionId, type: "user" | "assistant", message}`. Nothing
 * in them tells the end of a turn: that is the program's exit.
 */
export class IflowReader {
  readonly format = 'json';
  readonly #turn: OneTurn;
  #spoken = false;

  constructor(resume: NativeId | undefined) {
    this.#turn = new OneTurn(resume);
  }

  get nativeId() {
    return this.#turn.nativeId;
  }

  get running() {
    return this.#turn.running;
  }

  sent(prompt: PromptId): AgentEventBody[] {
    this.#turn.sent(prompt);
    this.#spoken = false;
    return this.#turn.begin();
  }

  read(line: Wire): AgentEventBody[] {
    const session = this.#turn.session(text(line.sessionId));
    return [...session, ...this.#line(line)];
  }

  ended(outcome: TurnOutcome): AgentEventBody[] {
    if (!this.running) return [];
    return this.#turn.end(outcome.status === 'ok' && !this.#spoken ? NOTHING : outcome);
  }

  #line(line: Wire): AgentEventBody[] {
    if (text(line.type) === 'user')
      return resultsOf(line).flatMap(({ id, ...end }) => this.#turn.toolEnded(id, end));
    if (text(line.type) !== 'assistant') return [];
    const texts = textsOf(line);
    this.#spoken ||= texts.length > 0;
    return [
      ...texts.flatMap((words) => this.#turn.block(words)),
      ...callsOf(line).flatMap((call) => this.#turn.toolStarted(call)),
    ];
  }
}

const NOTHING: TurnOutcome = {
  status: 'error',
  message: 'iFlow ended without an answer. In default mode tools that need a permission cannot run.',
  code: 'other',
};
