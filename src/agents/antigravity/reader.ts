import type { AgentEventBody, TurnOutcome, Usage } from '../../core/agent-event.ts';
import type { PromptId } from '../../core/ids.ts';
import { isRecord, number, record, text, type Wire } from '../../kit/acp/wire.ts';
import { OneTurnReader } from '../../kit/turn-process/one-turn-reader.ts';
import { toolCall } from './tools.ts';

const MAX_OUTPUT = 4_000;

/**
 * Lines of `agy --output-format stream-json` (from 1.1.8 on, by its release notes and by programs that read it):
 * `{"event":"init"}`, `{"event":"step_update","step_update":{step_index,state,step_type,text_delta,thinking_delta,
 * tool_name,tool_info,usage}}` and one `{"event":"result","result":{status,response,usage}}`.
 */
export class StreamReader extends OneTurnReader {
  #step: number | undefined;
  #spoken = false;

  override sent(prompt: PromptId): AgentEventBody[] {
    this.#step = undefined;
    this.#spoken = false;
    return super.sent(prompt);
  }

  read(line: Wire): AgentEventBody[] {
    const id = text(line.conversation_id) ?? text(record(line.init).conversation_id);
    return [...this.turn.session(id), ...this.#line(line)];
  }

  #line(line: Wire): AgentEventBody[] {
    switch (text(line.event)) {
      case 'init':
        return this.turn.begin();
      case 'step_update':
        return this.#update(record(line.step_update));
      case 'result':
        return this.#result(record(line.result));
      default:
        return [];
    }
  }

  #update(step: Wire): AgentEventBody[] {
    if (text(step.step_type) === 'tool') return this.#tool(step);
    if (text(step.step_type) !== 'agent_response') return this.turn.begin();
    const next = number(step.step_index);
    const said = next === this.#step ? [] : this.turn.textEnd();
    this.#step = next;
    const words = text(step.text_delta) ?? '';
    if (words !== '') this.#spoken = true;
    return [
      ...said,
      ...this.turn.thought(text(step.thinking_delta) ?? '', 'delta'),
      ...this.turn.delta(words),
    ];
  }

  #tool(step: Wire): AgentEventBody[] {
    const id = String(number(step.step_index) ?? text(step.tool_name) ?? 'tool');
    const state = text(step.state);
    if (state === 'ACTIVE' || state === 'PENDING') return this.turn.toolStarted(toolCall(id, step));
    const output = record(step.tool_info).output;
    const told = text(output) ?? (isRecord(output) ? JSON.stringify(output) : '');
    const end = { ok: state === 'DONE', output: told.slice(0, MAX_OUTPUT) };
    return this.turn.toolEnded(id, end, toolCall(id, step));
  }

  #result(result: Wire): AgentEventBody[] {
    const usage = usageOf(record(result.usage));
    const more = usage === undefined ? {} : { usage };
    const response = text(result.response) ?? '';
    if ((text(result.status) ?? 'SUCCESS') !== 'SUCCESS') {
      const reason = text(result.error) ?? text(record(result.error).message) ?? response;
      return this.turn.end(failure(reason || `Antigravity ended with ${text(result.status)}`), more);
    }
    return [...this.turn.block(this.#spoken ? '' : response), ...this.turn.end({ status: 'ok' }, more)];
  }
}

/** An error as the CLI words it, with its kind. */
export function failure(message: string): Extract<TurnOutcome, { status: 'error' }> {
  return { status: 'error', message, code: codeOf(message) };
}

function codeOf(message: string): Extract<TurnOutcome, { status: 'error' }>['code'] {
  if (/authenticat|sign ?in|log ?in|unauthori[sz]ed|oauth|api key/i.test(message)) return 'auth';
  if (/quota|rate limit|resource.?exhausted|\b429\b/i.test(message)) return 'rate_limit';
  if (/model .*not (?:found|available)|unknown model/i.test(message)) return 'model';
  if (/\b5\d\d\b|unavailable|overloaded/i.test(message)) return 'server';
  return 'other';
}

function usageOf(usage: Wire): Usage | undefined {
  const input = number(usage.input_tokens);
  const output = number(usage.output_tokens);
  if (input === undefined && output === undefined) return undefined;
  const thinking = number(usage.thinking_tokens) ?? 0;
  const cached = number(usage.cache_read_tokens);
  return {
    ...(input === undefined ? {} : { inputTokens: input }),
    ...(output === undefined ? {} : { outputTokens: output + thinking }),
    ...(cached === undefined ? {} : { cacheReadTokens: cached }),
  };
}
