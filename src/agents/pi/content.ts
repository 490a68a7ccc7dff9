import type { AgentEventBody, Usage } from '../../core/agent-event.ts';
import { number, record, records, text, type Wire } from '../../kit/acp/wire.ts';
import { toolCall, toolResult } from './tools.ts';

/**
 * What pi tells inside of a turn: messages that stream, and tools. The same events come over `--mode rpc` and
 * `--mode json`. Text arrives by deltas and whole again; this keeps it from being said twice.
 */
export class TurnContent {
  #said: string | undefined;
  /** The running message has brought text, or thoughts, by deltas. */
  #streamed = new Set<'text' | 'thinking'>();
  #tools = new Set<string>();
  #usage: Usage = {};
  #final: string | undefined;
  #stopReason: string | undefined;
  #errorMessage: string | undefined;

  /** Why the model stopped last, in pi's words. */
  get stopReason(): string | undefined {
    return this.#stopReason;
  }

  get errorMessage(): string | undefined {
    return this.#errorMessage;
  }

  /** The text of the last whole message of the model. */
  get final(): string | undefined {
    return this.#final;
  }

  /** Tokens and cost of the turn so far; undefined when nothing was told. */
  get usage(): Usage | undefined {
    return Object.keys(this.#usage).length === 0 ? undefined : this.#usage;
  }

  read(line: Wire): AgentEventBody[] {
    switch (text(line.type)) {
      case 'message_start':
        this.#streamed = new Set();
        return [];
      case 'message_update':
        return this.#update(record(line.assistantMessageEvent));
      case 'message_end':
        return this.#message(record(line.message));
      case 'tool_execution_start':
        return this.#toolStarted(line);
      case 'tool_execution_end':
        return this.#toolEnded(line);
      default:
        return [];
    }
  }

  /** The request is made again: what the failed one said so far comes again too. */
  retried(): AgentEventBody[] {
    this.#stopReason = undefined;
    this.#errorMessage = undefined;
    return this.#closeText(true);
  }

  /** The turn is over: closes what is open and forgets everything. */
  end(): AgentEventBody[] {
    const tools = [...this.#tools].map(
      (id): AgentEventBody => ({ kind: 'tool_ended', id, ok: false, output: '' }),
    );
    const events = [...this.#closeText(false), ...tools];
    this.#streamed = new Set();
    this.#tools = new Set();
    this.#usage = {};
    this.#final = undefined;
    this.#stopReason = undefined;
    this.#errorMessage = undefined;
    return events;
  }

  #update(event: Wire): AgentEventBody[] {
    const delta = text(event.delta) ?? '';
    switch (text(event.type)) {
      case 'text_start':
        return this.#closeText(false);
      case 'text_delta':
        return this.#delta(delta);
      case 'text_end':
        return this.#textEnd(text(event.content) ?? '');
      case 'thinking_delta':
        if (delta === '') return [];
        this.#streamed.add('thinking');
        return [{ kind: 'thinking', text: delta, mode: 'delta' }];
      default:
        return [];
    }
  }

  #delta(piece: string): AgentEventBody[] {
    if (piece === '') return [];
    this.#streamed.add('text');
    this.#said = (this.#said ?? '') + piece;
    return [{ kind: 'text', text: piece, mode: 'delta' }];
  }

  /** Repeats the whole text: only what the deltas did not bring is said. */
  #textEnd(whole: string): AgentEventBody[] {
    const said = this.#said ?? '';
    const rest = whole.length > said.length && whole.startsWith(said) ? whole.slice(said.length) : '';
    return [...this.#delta(rest), ...this.#closeText(false)];
  }

  #closeText(isVoid: boolean): AgentEventBody[] {
    if (this.#said === undefined) return [];
    this.#said = undefined;
    return [isVoid ? { kind: 'text_end', void: true } : { kind: 'text_end' }];
  }

  #message(message: Wire): AgentEventBody[] {
    const role = text(message.role);
    // What an extension says in the conversation, for people to see.
    if (role === 'custom' && message.display !== false)
      return block('text', contentText(message.content, 'text'));
    if (role !== 'assistant') return [];
    this.#stopReason = text(message.stopReason);
    this.#errorMessage = text(message.errorMessage);
    this.#addUsage(record(message.usage));
    const said = contentText(message.content, 'text');
    if (said !== '') this.#final = said;
    // A failed one may be made again; until that is known its text stays open.
    const open = this.#stopReason === 'error' ? [] : this.#closeText(false);
    const thought = this.#streamed.has('thinking')
      ? []
      : block('thinking', contentText(message.content, 'thinking'));
    const unsaid = this.#streamed.has('text') ? [] : block('text', said);
    const { usage } = this;
    return [
      ...thought,
      ...open,
      ...unsaid,
      ...(usage === undefined ? [] : [{ kind: 'usage' as const, usage }]),
    ];
  }

  /** Each message of the model tells its own tokens; those of the whole request are what is in the context. */
  #addUsage(usage: Wire): void {
    const total = number(usage.totalTokens) ?? 0;
    if (total === 0) return;
    const sum = (before: number | undefined, more: unknown) => (before ?? 0) + (number(more) ?? 0);
    this.#usage = {
      inputTokens: sum(this.#usage.inputTokens, usage.input),
      outputTokens: sum(this.#usage.outputTokens, usage.output),
      cacheReadTokens: sum(this.#usage.cacheReadTokens, usage.cacheRead),
      cacheWriteTokens: sum(this.#usage.cacheWriteTokens, usage.cacheWrite),
      costUsd: sum(this.#usage.costUsd, record(usage.cost).total),
      contextTokens: total,
    };
  }

  #toolStarted(line: Wire): AgentEventBody[] {
    const id = text(line.toolCallId);
    if (id === undefined || this.#tools.has(id)) return [];
    this.#tools.add(id);
    const call = toolCall(id, text(line.toolName) ?? 'tool', record(line.args));
    return [...this.#closeText(false), { kind: 'tool_started', call }];
  }

  #toolEnded(line: Wire): AgentEventBody[] {
    const id = text(line.toolCallId) ?? '';
    if (!this.#tools.delete(id)) return [];
    return [{ kind: 'tool_ended', id, ...toolResult(record(line.result), line.isError === true) }];
  }
}

/** The text of a message: a string, or parts of `text` and `thinking` among others. */
export function contentText(content: unknown, kind: 'text' | 'thinking'): string {
  if (typeof content === 'string') return kind === 'text' ? content : '';
  return records(content)
    .filter((part) => part.type === kind)
    .map((part) => text(part[kind]) ?? '')
    .filter((part) => part !== '')
    .join('\n\n');
}

function block(kind: 'text' | 'thinking', said: string): AgentEventBody[] {
  return said === '' ? [] : [{ kind, text: said, mode: 'block' }];
}
