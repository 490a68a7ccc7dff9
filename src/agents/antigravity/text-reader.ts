import { stripVTControlCharacters } from 'node:util';
import type { AgentEventBody, TurnOutcome } from '../../core/agent-event.ts';
import { asId, type NativeId, type PromptId } from '../../core/ids.ts';
import { OneTurn } from '../../kit/turn-process/one-turn.ts';

/** Output of versions without `--output-format`: the answer as plain text, and nothing that tells of its end. */
export class TextReader {
  readonly format = 'text';
  readonly #turn: OneTurn;
  #found: string | undefined;
  #lines = 0;

  constructor(resume: NativeId | undefined) {
    this.#turn = new OneTurn(resume);
  }

  get nativeId() {
    return this.#turn.nativeId;
  }

  get running() {
    return this.#turn.running;
  }

  /** The conversation to go on with, also when it was not told yet. */
  get conversation(): NativeId | undefined {
    return this.nativeId ?? (this.#found === undefined ? undefined : asId<NativeId>(this.#found));
  }

  /** The conversation of the last turn, found on disk: told with the next turn, as the output does not name it. */
  found(id: string | undefined): void {
    this.#found = id;
  }

  sent(prompt: PromptId): AgentEventBody[] {
    this.#turn.sent(prompt);
    this.#lines = 0;
    return [...this.#turn.session(this.#found), ...this.#turn.begin()];
  }

  read(line: string): AgentEventBody[] {
    const plain = stripVTControlCharacters(line).trimEnd();
    if (this.#lines === 0 && plain === '') return [];
    return this.#turn.delta(this.#lines++ === 0 ? plain : `\n${plain}`);
  }

  ended(outcome: TurnOutcome): AgentEventBody[] {
    if (!this.running) return [];
    const nothing = outcome.status === 'ok' && this.#lines === 0;
    return this.#turn.end(nothing ? NOTHING : outcome);
  }
}

const NOTHING: TurnOutcome = {
  status: 'error',
  message: 'Antigravity ended without an answer.',
  code: 'other',
};
