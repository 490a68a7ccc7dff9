import type { AgentEventBody, TurnOutcome, Usage } from '../../core/agent-event.ts';
import { asId, type NativeId, type PromptId } from '../../core/ids.ts';
import { number, record, records, text, type Wire } from '../../kit/acp/wire.ts';
import { toolCall, toolResult } from './items.ts';
import { errorOutcome } from './outcome.ts';

/** Turns the lines of `codex exec --json` into events. A process is one turn; items come whole, never in pieces. */
export class ExecReader {
  #prompt: PromptId | undefined;
  #running = false;
  #thread: NativeId | undefined;
  /** Tokens of the whole thread so far; undefined when it was begun in another life. */
  #total: Wire | undefined = {};
  #tools = new Set<string>();
  #round = 0;
  #final: string | undefined;
  readonly #warned = new Set<string>();

  constructor(resume: NativeId | undefined) {
    this.#thread = resume;
    if (resume !== undefined) this.#total = undefined;
  }

  get thread(): NativeId | undefined {
    return this.#thread;
  }

  get running(): boolean {
    return this.#running;
  }

  /** A process was started for this prompt. */
  sent(prompt: PromptId): void {
    this.#prompt = prompt;
    // Item ids start again in every process.
    this.#round++;
    this.#final = undefined;
  }

  read(line: Wire): AgentEventBody[] {
    switch (text(line.type)) {
      case 'thread.started':
        return this.#threadStarted(text(line.thread_id));
      case 'turn.started':
        return this.#begin();
      case 'item.started':
        return [...this.#begin(), ...this.#started(record(line.item))];
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

  /** The process ended and its turn did not. */
  ended(outcome: TurnOutcome): AgentEventBody[] {
    return this.#running ? this.#end(outcome) : [];
  }

  #threadStarted(id: string | undefined): AgentEventBody[] {
    if (id === undefined || id === this.#thread) return [];
    this.#thread = asId<NativeId>(id);
    return [{ kind: 'session', nativeId: this.#thread }];
  }

  #begin(): AgentEventBody[] {
    if (this.#running || this.#prompt === undefined) return [];
    this.#running = true;
    return [{ kind: 'turn_start', origin: 'prompt', prompts: [this.#prompt] }];
  }

  #end(outcome: TurnOutcome, usage?: Usage): AgentEventBody[] {
    const before = this.#begin();
    const prompt = this.#prompt;
    if (prompt === undefined) return [];
    this.#prompt = undefined;
    this.#running = false;
    const tools = [...this.#tools].map(
      (id): AgentEventBody => ({ kind: 'tool_ended', id, ok: false, output: '' }),
    );
    this.#tools = new Set();
    const end: AgentEventBody = {
      kind: 'turn_end',
      prompts: [prompt],
      outcome,
      ...(this.#final === undefined ? {} : { text: this.#final }),
      ...(usage === undefined ? {} : { usage }),
    };
    return [...before, ...tools, end];
  }

  #started(item: Wire): AgentEventBody[] {
    const call = toolCall(item);
    if (call === undefined) return this.#plan(item);
    const id = this.#idOf(call.id);
    if (!this.#running || this.#tools.has(id)) return [];
    this.#tools.add(id);
    return [{ kind: 'tool_started', call: { ...call, id } }];
  }

  #completed(item: Wire): AgentEventBody[] {
    const said = text(item.text) ?? '';
    // A warning, and it comes before the turn begins.
    if (item.type === 'error') return this.#warning(text(item.message) ?? '');
    const before = this.#begin();
    if (!this.#running) return [];
    if (item.type === 'agent_message') {
      if (said === '') return before;
      this.#final = said;
      return [...before, { kind: 'text', text: said, mode: 'block' }];
    }
    if (item.type === 'reasoning')
      return said === '' ? before : [...before, { kind: 'thinking', text: said, mode: 'block' }];
    const call = toolCall(item);
    if (call === undefined) return [...before, ...this.#plan(item)];
    const events = this.#started(item);
    const id = this.#idOf(call.id);
    this.#tools.delete(id);
    return [...before, ...events, { kind: 'tool_ended', id, ...toolResult(item) }];
  }

  #plan(item: Wire): AgentEventBody[] {
    if (item.type !== 'todo_list' || !this.#running) return [];
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

  #idOf(item: string): string {
    return `${this.#round}/${item}`;
  }
}
