import type { AgentEventBody, TurnOutcome, Usage } from '../../core/agent-event.ts';
import type { PromptId } from '../../core/ids.ts';
import { number, record, records, text, type Wire } from '../../kit/acp/wire.ts';
import { OneTurnReader } from '../../kit/turn-process/one-turn-reader.ts';
import { toolCall, toolEnd } from './tools.ts';

/**
 * Lines of `agent --print --output-format stream-json`, by Cursor's documentation (cursor.com/docs/cli/reference/
 * output-format): `system` init, `user` echo, `thinking`, `assistant`, `tool_call` started and completed, and one
 * `result` when it succeeded. After a failure the stream ends without one.
 */
export class CursorReader extends OneTurnReader {
  /** Text of the message that is being streamed. */
  #streaming = '';
  /** The message said last: it may be told once more as a whole. */
  #said = '';

  override sent(prompt: PromptId): AgentEventBody[] {
    this.#streaming = '';
    this.#said = '';
    return super.sent(prompt);
  }

  read(line: Wire): AgentEventBody[] {
    const session = this.turn.session(text(line.session_id));
    return [...session, ...this.#line(line)];
  }

  #line(line: Wire): AgentEventBody[] {
    switch (text(line.type)) {
      case 'system':
        return text(line.subtype) === 'init' ? [...this.turn.begin(), ...this.#model(line)] : [];
      case 'thinking':
        return text(line.subtype) === 'delta' ? this.turn.thought(text(line.text) ?? '', 'delta') : [];
      case 'assistant':
        return this.#assistant(line);
      case 'tool_call':
        return this.#tool(line);
      case 'result':
        return this.#result(line);
      default:
        return [];
    }
  }

  #model(line: Wire): AgentEventBody[] {
    const model = text(line.model);
    return model === undefined ? [] : this.turn.say({ kind: 'settings', model });
  }

  /**
   * With `--stream-partial-output` pieces carry `timestamp_ms`, and the whole message comes again: with a
   * `model_call_id` in front of a tool call, or without either at the end.
   */
  #assistant(line: Wire): AgentEventBody[] {
    const words = records(record(line.message).content)
      .map((part) => (text(part.type) === 'text' ? (text(part.text) ?? '') : ''))
      .join('');
    if (words === '') return this.turn.begin();
    const isPiece = line.timestamp_ms !== undefined && line.model_call_id === undefined;
    if (isPiece) {
      this.#streaming += words;
      return this.turn.delta(words);
    }
    const streamed = this.#streaming;
    this.#streaming = '';
    if (streamed === '' && words === this.#said) return [];
    this.#said = words;
    if (streamed === '') return this.turn.block(words);
    const rest = words.startsWith(streamed) ? words.slice(streamed.length) : '';
    return [...(rest === '' ? [] : this.turn.delta(rest)), ...this.turn.textEnd()];
  }

  #tool(line: Wire): AgentEventBody[] {
    const id = text(line.call_id) ?? 'tool';
    const call = record(line.tool_call);
    this.#streaming = '';
    if (text(line.subtype) === 'started') return this.turn.toolStarted(toolCall(id, call));
    if (text(line.subtype) === 'completed') return this.turn.toolEnded(id, toolEnd(call), toolCall(id, call));
    return [];
  }

  #result(line: Wire): AgentEventBody[] {
    const whole = text(line.result) ?? '';
    const usage = usageOf(record(line.usage));
    const more = usage === undefined ? {} : { usage };
    if (line.is_error === true || (line.subtype !== undefined && line.subtype !== 'success')) {
      return this.turn.end(failure(whole || 'Cursor gave no reason.'), more);
    }
    const unheard = this.#said === '' && this.#streaming === '' ? whole : '';
    return [...this.turn.block(unheard), ...this.turn.end({ status: 'ok' }, more)];
  }
}

/** An error as Cursor words it, with its kind. */
export function failure(message: string): Extract<TurnOutcome, { status: 'error' }> {
  return { status: 'error', message, code: codeOf(message) };
}

function codeOf(message: string): Extract<TurnOutcome, { status: 'error' }>['code'] {
  if (/authenticat|not logged in|log ?in|api key|unauthori[sz]ed/i.test(message)) return 'auth';
  if (/rate limit|usage limit|too many requests|\b429\b/i.test(message)) return 'rate_limit';
  if (/cannot use this model|model .*(?:not found|not available|unknown)/i.test(message)) return 'model';
  if (/context (?:length|window)/i.test(message)) return 'context';
  if (/\b5\d\d\b|unavailable|overloaded|internal error/i.test(message)) return 'server';
  return 'other';
}

function usageOf(usage: Wire): Usage | undefined {
  const [inputTokens, outputTokens] = [number(usage.inputTokens), number(usage.outputTokens)];
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  const [cacheReadTokens, cacheWriteTokens] = [number(usage.cacheReadTokens), number(usage.cacheWriteTokens)];
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(cacheReadTokens === undefined ? {} : { cacheReadTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cacheWriteTokens }),
  };
}
