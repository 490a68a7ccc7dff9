import { stripVTControlCharacters } from 'node:util';
import type { AgentEventBody, TurnOutcome } from '../../core/agent-event.ts';
import type { PromptId } from '../../core/ids.ts';
import { outcomeOfError } from '../../kit/acp/outcome.ts';
import { text, type Wire } from '../../kit/acp/wire.ts';
import { OneTurnReader } from '../../kit/turn-process/one-turn-reader.ts';
import { toolCall, toolEnd } from './tools.ts';

/** Turns what a {@link TurnWatch} has seen into events. The end is the exit of the process. */
export class CrushReader extends OneTurnReader {
  #message: string | undefined;
  #finish: TurnOutcome | undefined;
  #spoke = false;

  /** How the last message of the turn ended, if it told. */
  get finish(): TurnOutcome | undefined {
    return this.#finish;
  }

  get spoke(): boolean {
    return this.#spoke;
  }

  override sent(prompt: PromptId): AgentEventBody[] {
    super.sent(prompt);
    this.#message = undefined;
    this.#finish = undefined;
    this.#spoke = false;
    // Nothing is written before the model's first word.
    return this.turn.begin();
  }

  read(line: Wire): AgentEventBody[] {
    switch (text(line.type)) {
      case 'session':
        return this.turn.session(text(line.id));
      case 'text':
        return this.#text(text(line.message), text(line.text) ?? '');
      case 'printed':
        this.#spoke = true;
        return this.turn.block(stripVTControlCharacters(text(line.text) ?? ''));
      case 'reasoning':
        return this.turn.thought(text(line.text) ?? '', 'delta');
      case 'tool_call':
        return this.turn.toolStarted(toolCall(line));
      case 'tool_result':
        return this.turn.toolEnded(text(line.tool_call_id) ?? '', toolEnd(line));
      case 'finish':
        this.#finish = outcomeOf(line);
        return this.turn.textEnd();
      default:
        return [];
    }
  }

  #text(message: string | undefined, said: string): AgentEventBody[] {
    const before = message === this.#message ? [] : this.turn.textEnd();
    this.#message = message;
    this.#spoke = true;
    return [...before, ...this.turn.delta(said)];
  }
}

/** Undefined for an answer that wants a tool: another one follows. */
function outcomeOf(finish: Wire): TurnOutcome | undefined {
  const words = [text(finish.message), text(finish.details)].filter(Boolean).join(': ');
  switch (text(finish.reason)) {
    case 'tool_use':
      return undefined;
    case 'canceled':
      return { status: 'interrupted' };
    case 'error':
      return failure(words || 'The turn failed without a reason.');
    case 'content_filter':
      return { status: 'error', code: 'model', message: words || 'The model refused to answer.' };
    case 'max_tokens':
      return {
        status: 'error',
        code: 'context',
        message: 'The answer was cut off: the token limit was reached.',
      };
    default:
      return { status: 'ok' };
  }
}

/** The kind of an error is read from its words. */
export function failure(message: string): TurnOutcome {
  return outcomeOfError({ code: 0, message });
}
