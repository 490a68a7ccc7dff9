import type { AgentEventBody, ToolCall, TurnOutcome, Usage } from '../../core/agent-event.ts';
import { asId, type NativeId, type PromptId } from '../../core/ids.ts';

type ToolEnd = Omit<Extract<AgentEventBody, { kind: 'tool_ended' }>, 'kind' | 'id'>;

/**
 * The books of a {@link TurnReader}: which prompt runs, what is open, and that every turn ends once with everything
 * in it closed. Whatever is said before {@link begin} begins the turn; without a prompt nothing is said.
 */
export class OneTurn {
  #prompt: PromptId | undefined;
  #running = false;
  #nativeId: NativeId | undefined;
  #tools = new Set<string>();
  #speaking = false;
  /** Tool ids start again in every process of some agents. */
  #round = 0;

  constructor(resume: NativeId | undefined) {
    this.#nativeId = resume;
  }

  get nativeId(): NativeId | undefined {
    return this.#nativeId;
  }

  get running(): boolean {
    return this.#running;
  }

  /** A process was started for this prompt. */
  sent(prompt: PromptId): void {
    this.#prompt = prompt;
    this.#round++;
  }

  /** The conversation's id as the agent tells it; said when it is news. */
  session(id: string | undefined): AgentEventBody[] {
    if (!id || id === this.#nativeId) return [];
    this.#nativeId = asId<NativeId>(id);
    return [{ kind: 'session', nativeId: this.#nativeId }];
  }

  begin(): AgentEventBody[] {
    if (this.#running || this.#prompt === undefined) return [];
    this.#running = true;
    return [{ kind: 'turn_start', origin: 'prompt', prompts: [this.#prompt] }];
  }

  /** Any other event of the turn. */
  say(...bodies: readonly AgentEventBody[]): AgentEventBody[] {
    const begun = this.begin();
    return this.#running ? [...begun, ...bodies] : [];
  }

  /** A piece of the text that is being streamed. */
  delta(text: string): AgentEventBody[] {
    const said = text === '' ? this.say() : this.say({ kind: 'text', text, mode: 'delta' });
    if (this.#running && text !== '') this.#speaking = true;
    return said;
  }

  /** A whole text. */
  block(text: string): AgentEventBody[] {
    if (text === '') return this.say();
    return this.say(...this.textEnd(), { kind: 'text', text, mode: 'block' });
  }

  thought(text: string, mode: 'delta' | 'block'): AgentEventBody[] {
    return text === '' ? this.say() : this.say({ kind: 'thinking', text, mode });
  }

  /** The streamed text is complete, if any was begun. */
  textEnd(): AgentEventBody[] {
    if (!this.#speaking) return [];
    this.#speaking = false;
    return [{ kind: 'text_end' }];
  }

  toolStarted(call: ToolCall): AgentEventBody[] {
    const id = this.#toolId(call.id);
    if (this.#tools.has(id)) return [];
    const said = this.say(...this.textEnd(), { kind: 'tool_started', call: { ...call, id } });
    if (this.#running) this.#tools.add(id);
    return said;
  }

  /** More output of a tool that runs. */
  toolOutput(id: string, text: string): AgentEventBody[] {
    const own = this.#toolId(id);
    return text !== '' && this.#tools.has(own) ? this.say({ kind: 'tool_output', id: own, text }) : [];
  }

  /** The end of a tool that was started; `call` starts one whose start was not told. */
  toolEnded(id: string, end: ToolEnd, call?: ToolCall): AgentEventBody[] {
    const started = call === undefined ? [] : this.toolStarted(call);
    const own = this.#toolId(id);
    if (!this.#tools.delete(own)) return started;
    return [...started, { kind: 'tool_ended', id: own, ...end }];
  }

  /** The turn is over; it is begun first if it never was. */
  end(outcome: TurnOutcome, more: { readonly text?: string; readonly usage?: Usage } = {}): AgentEventBody[] {
    const begun = this.begin();
    const prompt = this.#prompt;
    if (prompt === undefined) return [];
    const tools = [...this.#tools].map(
      (id): AgentEventBody => ({ kind: 'tool_ended', id, ok: false, output: '' }),
    );
    const closing = [...this.textEnd(), ...tools];
    this.#prompt = undefined;
    this.#running = false;
    this.#tools = new Set();
    return [...begun, ...closing, { kind: 'turn_end', prompts: [prompt], outcome, ...more }];
  }

  #toolId(id: string): string {
    return `${this.#round}/${id}`;
  }
}
