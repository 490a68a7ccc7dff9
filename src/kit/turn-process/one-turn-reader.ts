import type { AgentEventBody, TurnOutcome } from '../../core/agent-event.ts';
import type { NativeId, PromptId } from '../../core/ids.ts';
import type { Wire } from '../acp/wire.ts';
import { OneTurn } from './one-turn.ts';

/** A reader of JSON lines that tell when their turn begins: what is left to each agent is what its lines mean. */
export abstract class OneTurnReader {
  readonly format = 'json';
  protected readonly turn: OneTurn;

  constructor(resume: NativeId | undefined) {
    this.turn = new OneTurn(resume);
  }

  get nativeId(): NativeId | undefined {
    return this.turn.nativeId;
  }

  get running(): boolean {
    return this.turn.running;
  }

  sent(prompt: PromptId): AgentEventBody[] {
    this.turn.sent(prompt);
    return [];
  }

  abstract read(line: Wire): AgentEventBody[];

  ended(outcome: TurnOutcome): AgentEventBody[] {
    return this.running ? this.turn.end(outcome) : [];
  }
}
