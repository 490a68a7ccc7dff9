import type { AgentEventBody, TurnOutcome } from '../../core/agent-event.ts';
import { asId, type PromptId } from '../../core/ids.ts';
import { record, records, text, type Wire } from '../../kit/acp/wire.ts';
import { toolCall, toolResult } from './items.ts';
import { errorOutcome, turnOutcome } from './outcome.ts';
import { Speech } from './speech.ts';
import { TurnBook } from './turn-book.ts';
import { RateLimits, UsageMeter } from './usage.ts';

/** Turns the notifications of an app-server into events; holds no process and no time. */
export class EventReader {
  readonly turns = new TurnBook();
  readonly #speech = new Speech();
  readonly #usage = new UsageMeter();
  readonly #limits = new RateLimits();
  /** Tool items that have begun and not ended. */
  readonly #tools = new Map<string, Wire>();
  readonly #approvals = new Set<string>();
  readonly #warned = new Set<string>();
  #thread: string | undefined;

  /** The conversation this session is; others (of sub-agents) are not told of. */
  set thread(id: string) {
    this.#thread = id;
  }

  /** The item a request is about. */
  item(id: string): Wire {
    return this.#tools.get(id) ?? {};
  }

  read(method: string, params: Wire): AgentEventBody[] {
    const thread = text(params.threadId);
    if (thread !== undefined && this.#thread !== undefined && thread !== this.#thread) return [];
    const turnId = text(params.turnId);
    switch (method) {
      case 'turn/started':
        return this.#turnStarted(text(record(params.turn).id));
      case 'turn/completed': {
        const turn = record(params.turn);
        return this.#end(text(turn.id), turnOutcome(turn), turn);
      }
      case 'item/started':
        return [...this.#begin(turnId), ...this.#started(record(params.item))];
      case 'item/completed':
        return [...this.#begin(turnId), ...this.#completed(record(params.item))];
      case 'thread/tokenUsage/updated':
        return this.#usage.updated(record(params.tokenUsage));
      case 'account/rateLimits/updated':
        return this.#limits.updated(record(params.rateLimits));
      case 'turn/plan/updated':
        return [...this.#begin(turnId), plan(params)];
      case 'error':
        return this.#error(params);
      case 'warning':
      case 'guardianWarning':
        return this.#warning(text(params.message) ?? '');
      default:
        return this.#delta(method, turnId, params);
    }
  }

  /** A request came that a person is to answer. */
  asked(turnId: string | undefined, body: Extract<AgentEventBody, { kind: 'approval' }>): AgentEventBody[] {
    this.#approvals.add(body.wireId);
    return [...this.#begin(turnId), body];
  }

  answered(wireId: string): void {
    this.#approvals.delete(wireId);
  }

  withdrawn(wireId: string): AgentEventBody[] {
    return this.#approvals.delete(wireId) ? [{ kind: 'approval_withdrawn', wireId }] : [];
  }

  /** The process is gone. */
  exited(exit: Extract<AgentEventBody, { kind: 'exit' }>, detail: string): AgentEventBody[] {
    const lost = this.turns.lost();
    if (lost === undefined) return [...this.#withdrawAll(), exit];
    const outcome: TurnOutcome = { status: 'error', message: detail, code: 'crash' };
    return [...lost.before, ...this.#close(lost.prompts, outcome), exit];
  }

  #turnStarted(turnId: string | undefined): AgentEventBody[] {
    const overtaken = this.turns.overtaken(turnId);
    const message = 'Codex began another turn without ending this one.';
    const outcome: TurnOutcome = { status: 'error', message, code: 'other' };
    return [...(overtaken === undefined ? [] : this.#close(overtaken, outcome)), ...this.#begin(turnId)];
  }

  #begin(turnId: string | undefined): AgentEventBody[] {
    const events = this.turns.active(turnId);
    if (events.length > 0) this.#usage.turnStarted();
    return events;
  }

  #end(turnId: string | undefined, outcome: TurnOutcome, turn: Wire): AgentEventBody[] {
    const ended = this.turns.ended(turnId);
    if (ended === undefined) return [];
    const final = records(turn.items).findLast((item) => item.type === 'agentMessage');
    const said = final === undefined ? undefined : text(final.text);
    return [...ended.before, ...this.#close(ended.prompts, outcome, said)];
  }

  #close(prompts: readonly PromptId[], outcome: TurnOutcome, said?: string): AgentEventBody[] {
    const final = said ?? this.#speech.final;
    const usage = this.#usage.turn;
    const tools = [...this.#tools.keys()].map(
      (id): AgentEventBody => ({ kind: 'tool_ended', id, ok: false, output: '' }),
    );
    this.#tools.clear();
    return [
      ...this.#speech.reset(),
      ...tools,
      ...this.#withdrawAll(),
      {
        kind: 'turn_end',
        prompts,
        outcome,
        ...(final === undefined ? {} : { text: final }),
        ...(usage === undefined ? {} : { usage }),
      },
    ];
  }

  #withdrawAll(): AgentEventBody[] {
    const events = [...this.#approvals].map(
      (wireId): AgentEventBody => ({ kind: 'approval_withdrawn', wireId }),
    );
    this.#approvals.clear();
    return events;
  }

  #delta(method: string, turnId: string | undefined, params: Wire): AgentEventBody[] {
    const id = text(params.itemId) ?? '';
    const piece = text(params.delta) ?? '';
    switch (method) {
      case 'item/agentMessage/delta':
        return [...this.#begin(turnId), ...this.#spoken(() => this.#speech.delta(id, piece))];
      case 'item/reasoning/summaryTextDelta':
      case 'item/reasoning/textDelta':
        return [...this.#begin(turnId), ...this.#spoken(() => this.#speech.thought(id, piece))];
      case 'item/reasoning/summaryPartAdded':
        // Parts are paragraphs; the first needs no break before it.
        return params.summaryIndex === 0 ? [] : this.#spoken(() => this.#speech.thought(id, '\n\n'));
      case 'item/commandExecution/outputDelta':
        return this.#tools.has(id) && piece !== '' ? [{ kind: 'tool_output', id, text: piece }] : [];
      default:
        return [];
    }
  }

  /** What is said outside any turn belongs to one that has ended, and is late. */
  #spoken(say: () => AgentEventBody[]): AgentEventBody[] {
    return this.turns.running ? say() : [];
  }

  #started(item: Wire): AgentEventBody[] {
    if (!this.turns.running) return [];
    if (item.type === 'userMessage') return this.#seen(item);
    if (item.type === 'contextCompaction')
      return [{ kind: 'notice', notice: { kind: 'compacting', done: false } }];
    const call = toolCall(item);
    if (call === undefined || this.#tools.has(call.id)) return [];
    this.#tools.set(call.id, item);
    return [{ kind: 'tool_started', call }];
  }

  #completed(item: Wire): AgentEventBody[] {
    if (!this.turns.running) return [];
    switch (text(item.type)) {
      case 'agentMessage':
        return this.#speech.whole(item);
      case 'plan':
        return this.#speech.whole({ ...item, phase: 'commentary' });
      case 'reasoning':
        return this.#speech.wholeThought(item);
      case 'userMessage':
        return this.#seen(item);
      case 'contextCompaction':
        return [{ kind: 'notice', notice: { kind: 'compacting', done: true } }];
    }
    const call = toolCall(item);
    if (call === undefined) return [];
    const before = this.#started(item);
    this.#tools.delete(call.id);
    return [...before, { kind: 'tool_ended', id: call.id, ...toolResult(item) }];
  }

  #seen(item: Wire): AgentEventBody[] {
    const prompt = text(item.clientId);
    return prompt === undefined ? [] : this.turns.seen(asId<PromptId>(prompt));
  }

  /** The end of a failed turn is told by `turn/completed`; an error here matters only while the server tries again. */
  #error(params: Wire): AgentEventBody[] {
    if (params.willRetry !== true) return [];
    const error = record(params.error);
    const [, attempt, max] = /(\d+)\/(\d+)/.exec(text(error.message) ?? '') ?? [];
    const told = errorOutcome(error);
    const reason = text(error.additionalDetails) ?? (told.status === 'error' ? told.message : '');
    const notice = {
      kind: 'retrying' as const,
      attempt: Number(attempt ?? 0),
      max: Number(max ?? 0),
      delayMs: 0,
      reason,
    };
    return [...this.#speech.end(true), { kind: 'notice', notice }];
  }

  /** Each once. That a model is unknown to the CLI is told at every turn, and is usual with providers. */
  #warning(message: string): AgentEventBody[] {
    const known =
      this.#warned.has(message) || /^Model metadata for|^Under-development features/.test(message);
    if (message === '' || known || this.#warned.size > 100) return [];
    this.#warned.add(message);
    return [{ kind: 'notice', notice: { kind: 'other', text: message } }];
  }
}

function plan(params: Wire): AgentEventBody {
  const states: Readonly<Record<string, 'running' | 'done'>> = { inProgress: 'running', completed: 'done' };
  const steps = records(params.plan).map((step) => {
    const status = text(step.status) ?? '';
    const state = Object.hasOwn(states, status) ? states[status] : undefined;
    return { text: text(step.step) ?? '', state: state ?? ('pending' as const) };
  });
  return { kind: 'plan', steps };
}
