import type { AgentEventBody, TurnOutcome, Usage } from '../../core/agent-event.ts';
import type { NativeId, PromptId } from '../../core/ids.ts';
import { number, record, records, text, type Wire } from '../../kit/acp/wire.ts';
import { OneTurnReader } from '../../kit/turn-process/one-turn-reader.ts';
import { toolCall, toolResult } from './items.ts';
import { errorOutcome } from './outcome.ts';

/** Turns the lines of `codex exec --json` into events. A process is one turn; items come whole, never in pieces. */
export class ExecReader extends OneTurnReader {
  /** Tokens of the whole thread so far; undefined when it was begun in another life. */
  #total: Wire | undefined = {};
  #final: string | undefined;
  readonly #warned = new Set<string>();

  constructor(resume: NativeId | undefined) {
    super(resume);
    if (resume !== undefined) this.#total = undefined;
  }

  override sent(prompt: PromptId): AgentEventBody[] {
    this.#final = undefined;
    return super.sent(prompt);
  }

  read(line: Wire): AgentEventBody[] {
    switch (text(line.type)) {
      case 'thread.started':
        return this.turn.session(text(line.thread_id));
      case 'turn.started':
        return this.turn.begin();
      case 'item.started':
        return [...this.turn.begin(), ...this.#started(record(line.item))];
      case 'item.updated':
        return this.#plan(record(line.item));
      case 'item.completed':
        return this.#completed(record(line.item));
      case 'turn.completed':
        return this.#end({ status: 'ok' }, this.#usage(record(line.usage)));
      case 'turn.failed':
        return this.#end(errorOutcome(record(line.error)));
      case 'error':
        return this.#retrying(text(line.message) ?? '');
      default:
        return [];
    }
  }

  override ended(outcome: TurnOutcome): AgentEventBody[] {
    return this.running ? this.#end(outcome) : [];
  }

  #end(outcome: TurnOutcome, usage?: Usage): AgentEventBody[] {
    return this.turn.end(outcome, {
      ...(this.#final === undefined ? {} : { text: this.#final }),
      ...(usage === undefined ? {} : { usage }),
    });
  }

  #started(item: Wire): AgentEventBody[] {
    const call = toolCall(item);
    return call === undefined ? this.#plan(item) : this.turn.toolStarted(call);
  }

  #completed(item: Wire): AgentEventBody[] {
    const said = text(item.text) ?? '';
    // A warning, and it comes before the turn begins.
    if (item.type === 'error') return this.#warning(text(item.message) ?? '');
    if (item.type === 'agent_message') {
      if (said !== '') this.#final = said;
      return this.turn.block(said);
    }
    if (item.type === 'reasoning') return this.turn.thought(said, 'block');
    const call = toolCall(item);
    if (call === undefined) return [...this.turn.begin(), ...this.#plan(item)];
    return this.turn.toolEnded(call.id, toolResult(item), call);
  }

  #plan(item: Wire): AgentEventBody[] {
    if (item.type !== 'todo_list' || !this.running) return [];
    const steps = records(item.items).map((step) => ({
      text: text(step.text) ?? '',
      state: step.completed === true ? ('done' as const) : ('pending' as const),
    }));
    return [{ kind: 'plan', steps }];
  }

  /** The CLI counts over the whole thread. */
  #usage(total: Wire): Usage | undefined {
    const before = this.#total;
    this.#total = total;
    if (before === undefined) return undefined;
    const more = (key: string) => Math.max(0, (number(total[key]) ?? 0) - (number(before[key]) ?? 0));
    return {
      inputTokens: more('input_tokens'),
      outputTokens: more('output_tokens'),
      cacheReadTokens: more('cached_input_tokens'),
      cacheWriteTokens: more('cache_write_input_tokens'),
    };
  }

  /** The same line comes once more when it has failed for good; then `turn.failed` says so. */
  #retrying(message: string): AgentEventBody[] {
    const [, attempt, max, reason] = /^Reconnecting\D*(\d+)\/(\d+)\s*\(?([\s\S]*?)\)?$/.exec(message) ?? [];
    if (attempt === undefined) return [];
    const notice = {
      kind: 'retrying' as const,
      attempt: Number(attempt),
      max: Number(max),
      delayMs: 0,
      reason: reason ?? '',
    };
    return [{ kind: 'notice', notice }];
  }

  #warning(message: string): AgentEventBody[] {
    if (message === '' || this.#warned.has(message) || message.startsWith('Model metadata for')) return [];
    if (this.#warned.size < 100) this.#warned.add(message);
    return [{ kind: 'notice', notice: { kind: 'other', text: message } }];
  }
}
