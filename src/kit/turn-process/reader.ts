import type { AgentEventBody, TurnOutcome } from '../../core/agent-event.ts';
import type { NativeId, PromptId } from '../../core/ids.ts';
import type { Wire } from '../acp/wire.ts';

interface Reading {
  /** The conversation, as soon as it is known. */
  readonly nativeId: NativeId | undefined;
  /** A turn was begun and has not ended. */
  readonly running: boolean;
  /**
   * A process was started for this prompt. An agent whose output does not tell when a turn begins begins it here;
   * the others at their first line.
   */
  sent(prompt: PromptId): AgentEventBody[];
  /** The process ended: ends the turn if its output did not, says nothing otherwise. */
  ended(outcome: TurnOutcome): AgentEventBody[];
}

/**
 * Turns the output of one conversation's processes, one turn each, into events. Pure: it starts, waits for and
 * reads nothing. {@link OneTurn} keeps its books.
 */
export type TurnReader =
  /** Lines are JSON objects; what is none is skipped before the reader sees it. */
  | (Reading & { readonly format: 'json'; read(line: Wire): AgentEventBody[] })
  /** Lines are plain text. */
  | (Reading & { readonly format: 'text'; read(line: string): AgentEventBody[] });
