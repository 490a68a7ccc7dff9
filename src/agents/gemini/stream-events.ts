import type { AgentEventBody, TurnOutcome, Usage } from '../../core/agent-event.ts';
import { number, record, text, type Wire } from '../../kit/acp/wire.ts';
import { OneTurnReader } from '../../kit/turn-process/one-turn-reader.ts';
import { errorOutcome } from './outcome.ts';
import { toolCall, toolEnd } from './tools.ts';

/**
 * Turns the lines of `gemini --output-format stream-json` into events (recorded with 0.61.0). Text comes in pieces
 * only, thoughts not at all.
 */
export class StreamReader extends OneTurnReader {
  read(line: Wire): AgentEventBody[] {
    switch (text(line.type)) {
      case 'init':
        return [...this.turn.session(text(line.session_id)), ...this.turn.begin()];
      case 'message':
        return this.#message(line);
      case 'tool_use':
        return this.turn.toolStarted(toolCall(line));
      case 'tool_result':
        return this.turn.toolEnded(text(line.tool_id) ?? '', toolEnd(line));
      case 'error':
        return this.#warning(text(line.message) ?? '');
      case 'result':
        return this.#result(line);
      default:
        return [];
    }
  }

  /** The person's own words come back as a message too. */
  #message(line: Wire): AgentEventBody[] {
    if (text(line.role) !== 'assistant') return [];
    const said = text(line.content) ?? '';
    return line.delta === true ? this.turn.delta(said) : this.turn.block(said);
  }

  #warning(message: string): AgentEventBody[] {
    if (message === '') return [];
    return this.turn.say({ kind: 'notice', notice: { kind: 'other', text: message } });
  }

  #result(line: Wire): AgentEventBody[] {
    const usage = usageOf(record(line.stats));
    const outcome: TurnOutcome =
      text(line.status) === 'error' ? errorOutcome(text(record(line.error).message) ?? '') : { status: 'ok' };
    return this.turn.end(outcome, usage === undefined ? {} : { usage });
  }
}

/** The turn's tokens; each process counts from zero. */
function usageOf(stats: Wire): Usage | undefined {
  const inputTokens = number(stats.input_tokens);
  const outputTokens = number(stats.output_tokens);
  const cacheReadTokens = number(stats.cached);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  return { inputTokens, outputTokens, cacheReadTokens };
}
