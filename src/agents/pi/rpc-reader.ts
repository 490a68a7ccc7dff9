import type { AgentEventBody, TurnOutcome } from '../../core/agent-event.ts';
import type { PromptId } from '../../core/ids.ts';
import { number, record, text, type Wire } from '../../kit/acp/wire.ts';
import { TurnContent } from './content.ts';
import { type Dialog, readDialog } from './dialogs.ts';
import { turnOutcome } from './outcome.ts';

interface Waiting {
  readonly prompt: PromptId;
  readonly accepted: (folded: boolean) => void;
}

/** What a look at pi's state says about a turn that seems to be over. */
export type Verdict = 'over' | 'goes_on' | 'look_again' | 'left_behind';

/**
 * Turns the events of `--mode rpc` into ours. Which turn a prompt belongs to and when it is over pi does not say
 * plainly: `agent_end` may be followed by a retry, a compaction or another run, and a command of an extension runs
 * without any `agent_start`. So after whatever may be an end `suspected` rises; the session then asks for pi's state,
 * which is answered after everything that was still to come, and tells it by {@link looked}.
 */
export class RpcReader {
  readonly #content = new TurnContent();
  readonly #dialogs = new Map<string, Dialog>();
  #waiting: Waiting | undefined;
  #open: PromptId[] | undefined;
  /** A prompt whose turn was begun, and which pi has not accepted yet: it cannot be over. */
  #unanswered: PromptId | undefined;
  #agentRuns = false;
  #interrupted = false;
  #suspected = 0;
  #suspecting = false;
  #contextWindow: number | undefined;

  /** Rises when the turn may be over; see {@link looked}. */
  get suspected(): number {
    return this.#suspected;
  }

  /** Whether nothing has come since that says the turn goes on. */
  suspects(suspicion: number): boolean {
    return suspicion === this.#suspected && this.#suspecting && this.#open !== undefined;
  }

  get running(): boolean {
    return this.#open !== undefined;
  }

  dialog(id: string): Dialog | undefined {
    return this.#dialogs.get(id);
  }

  get dialogs(): readonly string[] {
    return [...this.#dialogs.keys()];
  }

  /** A prompt is about to be written. `accepted` is called once, unless it is refused or the process ends. */
  sent(prompt: PromptId, accepted: (folded: boolean) => void): void {
    this.#waiting = { prompt, accepted };
  }

  /** pi has taken the prompt: a turn begins, or it was put into the one that runs. */
  accepted(prompt: PromptId): AgentEventBody[] {
    if (this.#unanswered === prompt) {
      this.#unanswered = undefined;
      this.#suspect();
      return [];
    }
    const waiting = this.#waiting;
    if (waiting?.prompt !== prompt) return [];
    if (this.#open === undefined) {
      const events = this.#begin();
      this.#unanswered = undefined;
      this.#suspect();
      return events;
    }
    this.#waiting = undefined;
    waiting.accepted(true);
    return this.folded(prompt);
  }

  /** pi did not take it, or was never asked. */
  refused(prompt: PromptId, outcome: TurnOutcome): AgentEventBody[] {
    if (this.#waiting?.prompt === prompt) this.#waiting = undefined;
    if (this.#unanswered !== prompt) return [];
    this.#unanswered = undefined;
    return this.#end(outcome);
  }

  /** A message was put into the running turn. Nothing when there is none. */
  folded(prompt: PromptId): AgentEventBody[] {
    if (this.#open === undefined || this.#open.includes(prompt)) return [];
    this.#open.push(prompt);
    return [{ kind: 'prompt_folded', prompt }];
  }

  /** The turn is to be stopped; dialogs are withdrawn at once. */
  interrupting(): AgentEventBody[] {
    if (this.#open === undefined) return [];
    this.#interrupted = true;
    return this.#withdrawAll();
  }

  /** A person has answered, or pi did not wait any longer. */
  closed(id: string, how: 'answered' | 'withdrawn'): AgentEventBody[] {
    if (!this.#dialogs.delete(id)) return [];
    if (!this.#agentRuns) this.#suspect();
    return how === 'answered' ? [] : [{ kind: 'approval_withdrawn', wireId: id }];
  }

  read(line: Wire): AgentEventBody[] {
    switch (text(line.type)) {
      case 'agent_start':
        this.#suspecting = false;
        this.#agentRuns = true;
        return this.#begin();
      case 'agent_end':
        this.#agentRuns = false;
        // Newer versions say that they will try again.
        if (line.willRetry !== true) this.#suspect();
        return [];
      case 'auto_retry_start':
        return this.#retrying(line);
      case 'auto_retry_end':
        if (line.success === false) this.#suspect();
        return [];
      case 'compaction_start':
        this.#suspecting = false;
        return [...this.#begin(), { kind: 'notice', notice: { kind: 'compacting', done: false } }];
      case 'compaction_end':
        return this.#compacted(line);
      case 'extension_ui_request':
        return this.#extension(line);
      case 'extension_error':
        return this.#inTurn(notice(`An extension of pi failed: ${text(line.error) ?? 'no reason given'}`));
      case 'thinking_level_changed': {
        const effort = text(line.level);
        return effort === undefined ? [] : [{ kind: 'settings', effort }];
      }
      default:
        return this.#inTurn(this.#content.read(line));
    }
  }

  /** pi's state as it was after the `suspected`th suspicion. */
  looked(suspicion: number, state: Wire): { readonly verdict: Verdict; readonly events: AgentEventBody[] } {
    this.model(record(state.model));
    if (!this.suspects(suspicion)) return { verdict: 'goes_on', events: [] };
    if (state.isStreaming === true || state.isCompacting === true)
      return { verdict: 'look_again', events: [] };
    const leftBehind = (number(state.pendingMessageCount) ?? 0) > 0 && !this.#interrupted;
    if (leftBehind) return { verdict: 'left_behind', events: [] };
    return { verdict: 'over', events: this.finish() };
  }

  /** Something for people to know. */
  told(said: string): AgentEventBody[] {
    return this.#inTurn(notice(said));
  }

  /** Ends the running turn by what its last message says. */
  finish(): AgentEventBody[] {
    const { stopReason, errorMessage } = this.#content;
    return this.#end(this.#interrupted ? { status: 'interrupted' } : turnOutcome(stopReason, errorMessage));
  }

  /** The model in use, as pi's state tells it. */
  model(model: Wire): void {
    this.#contextWindow = number(model.contextWindow) ?? this.#contextWindow;
  }

  exited(exit: Extract<AgentEventBody, { kind: 'exit' }>, detail: string): AgentEventBody[] {
    const killed = exit.signal === 'SIGKILL';
    const outcome: TurnOutcome =
      this.#interrupted && !killed
        ? { status: 'interrupted' }
        : { status: 'error', message: detail, code: 'crash' };
    return [...this.#end(outcome), exit];
  }

  // ---- turns ----

  #begin(): AgentEventBody[] {
    if (this.#open !== undefined) return [];
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#unanswered = waiting?.prompt;
    this.#interrupted = false;
    const prompts = waiting === undefined ? [] : [waiting.prompt];
    this.#open = [...prompts];
    const origin = waiting === undefined ? 'background' : 'prompt';
    waiting?.accepted(false);
    return [{ kind: 'turn_start', origin, prompts }];
  }

  /** Whatever is said outside of a turn begins one; without a run of the agent it is over at once. */
  #inTurn(events: AgentEventBody[]): AgentEventBody[] {
    if (events.length === 0 || this.#open !== undefined) return events;
    const begun = this.#begin();
    this.#suspect();
    return [...begun, ...events];
  }

  #end(outcome: TurnOutcome): AgentEventBody[] {
    const prompts = this.#open;
    if (prompts === undefined) return [];
    this.#open = undefined;
    this.#unanswered = undefined;
    this.#suspecting = false;
    this.#agentRuns = false;
    this.#interrupted = false;
    const { final, usage } = this.#content;
    const window = this.#contextWindow;
    const told = usage === undefined || window === undefined ? usage : { ...usage, contextWindow: window };
    const withdrawn = this.#withdrawAll();
    return [
      ...withdrawn,
      ...this.#content.end(),
      {
        kind: 'turn_end',
        prompts,
        outcome,
        ...(final === undefined || outcome.status !== 'ok' ? {} : { text: final }),
        ...(told === undefined ? {} : { usage: told }),
      },
    ];
  }

  /** The turn may be over, unless it still waits for somebody. */
  #suspect(): void {
    if (this.#open === undefined || this.#agentRuns || this.#unanswered !== undefined) return;
    if (this.#dialogs.size > 0) return;
    this.#suspecting = true;
    this.#suspected++;
  }

  #retrying(line: Wire): AgentEventBody[] {
    this.#suspecting = false;
    const retrying = {
      kind: 'retrying' as const,
      attempt: number(line.attempt) ?? 1,
      max: number(line.maxAttempts) ?? 1,
      delayMs: number(line.delayMs) ?? 0,
      reason: text(line.errorMessage) ?? '',
    };
    return this.#inTurn([...this.#content.retried(), { kind: 'notice', notice: retrying }]);
  }

  #compacted(line: Wire): AgentEventBody[] {
    const failure = text(line.errorMessage);
    if (line.willRetry !== true) this.#suspect();
    return [
      { kind: 'notice', notice: { kind: 'compacting', done: true } },
      ...(failure === undefined ? [] : notice(failure)),
    ];
  }

  #extension(line: Wire): AgentEventBody[] {
    if (line.method === 'notify') return this.#inTurn(notice(text(line.message) ?? ''));
    const dialog = readDialog(line);
    if (dialog === undefined) return [];
    this.#suspecting = false;
    const begun = this.#begin();
    this.#dialogs.set(dialog.id, dialog);
    return [...begun, { kind: 'approval', wireId: dialog.id, request: dialog.request }];
  }

  #withdrawAll(): AgentEventBody[] {
    const open = this.dialogs;
    this.#dialogs.clear();
    return open.map((wireId) => ({ kind: 'approval_withdrawn', wireId }));
  }
}

function notice(said: string): AgentEventBody[] {
  return said.trim() === '' ? [] : [{ kind: 'notice', notice: { kind: 'other', text: said } }];
}
