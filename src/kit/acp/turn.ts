import type { Prompt } from '../../core/agent.ts';
import type { AgentEventBody } from '../../core/agent-event.ts';
import type { ToldState } from './preset.ts';
import { record, text, type Wire } from './wire.ts';

/** What is kept of a turn's text to see whether it only reports a failure, in characters. */
const SAID_CHARS = 2_000;

/** One turn of a session while it runs. */
export interface Turn {
  /** Undefined for a turn the agent began by itself. */
  readonly prompt: Prompt | undefined;
  started: boolean;
  cancelled: boolean;
  readonly ended: Promise<void>;
  readonly end: () => void;
  /** The beginning of its text, as long as there is nothing but text. */
  said: string | undefined;
  /** What the agent says of a failure that its reply will not tell. */
  failure: string | undefined;
}

export function newTurn(prompt: Prompt | undefined): Turn {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { prompt, started: false, cancelled: false, ended, end, said: '', failure: undefined };
}

/**
 * For agents that let a turn end well although it failed: `state` is what this update says of the turn, and after a
 * failure come words on why, which are no part of an answer. True when the update belongs to that.
 */
export function noteFailure(turn: Turn, update: Wire, state: ToldState | undefined): boolean {
  if (state === 'failed') turn.failure ??= '';
  else if (state === 'working') turn.failure = undefined;
  const why = update.sessionUpdate === 'agent_message_chunk' && update.messageId === undefined;
  if (!why || turn.failure === undefined) return state !== undefined;
  turn.failure += text(record(update.content).text) ?? '';
  return true;
}

/** Follows the text of a turn until it does something else as well. */
export function noteSaid(turn: Turn, events: readonly AgentEventBody[]): void {
  for (const event of events) {
    if (event.kind === 'tool_started' || event.kind === 'plan') turn.said = undefined;
    if (event.kind !== 'text' || turn.said === undefined) continue;
    turn.said = (turn.said + event.text).slice(0, SAID_CHARS);
  }
}
