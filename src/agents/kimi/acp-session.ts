import type { AgentSession, Prompt } from '../../core/agent.ts';
import type { AgentEvent, ApprovalAnswer, ModelInfo } from '../../core/agent-event.ts';
import type { AcpSession } from '../../kit/acp/session.ts';
import { modelNamed, withModelNames } from './model-names.ts';
import { asPlan, PlanModeWatch } from './plan-mode.ts';
import type { KimiStore } from './store.ts';

/** An ACP session of Kimi's: it finds out why a turn ended "well" without a word, and shows plans as plans. */
export class KimiSession implements AgentSession {
  readonly #acp: AcpSession;
  readonly #store: KimiStore;

  constructor(acp: AcpSession, store: KimiStore) {
    this.#acp = acp;
    this.#store = store;
  }

  get process() {
    return this.#acp.process;
  }

  async *events(fromSeq: number): AsyncIterable<AgentEvent> {
    let silent = true;
    const planMode = new PlanModeWatch();
    for await (const event of this.#acp.events(fromSeq)) {
      const { body } = event;
      if (body.kind === 'turn_start') silent = true;
      if (body.kind === 'text' || body.kind === 'tool_started') silent = false;
      const mode = planMode.entered(body);
      if (mode !== undefined) this.#acp.entered(mode);
      const suspicious = body.kind === 'turn_end' && body.outcome.status === 'ok' && silent;
      // Errors of the model are told to the log alone.
      const failure = suspicious ? await this.#store.failure(this.#acp.nativeId) : undefined;
      yield failure === undefined || body.kind !== 'turn_end'
        ? { ...event, body: asPlan(withModelNames(body)) }
        : { ...event, body: { ...body, outcome: failure } };
    }
  }

  prompt(prompt: Prompt, signal: AbortSignal): Promise<{ readonly folded: boolean }> {
    return this.#acp.prompt(prompt, signal);
  }

  interrupt(): Promise<void> {
    return this.#acp.interrupt();
  }

  answer(wireId: string, answer: ApprovalAnswer): Promise<'taken' | 'stale'> {
    return this.#acp.answer(wireId, answer);
  }

  set(change: { readonly mode?: string; readonly model?: string | null; readonly effort?: string }) {
    return this.#acp.set(change);
  }

  async models(): Promise<readonly ModelInfo[]> {
    return (await this.#acp.models()).map(modelNamed);
  }

  close(how: { readonly quick: boolean }, signal: AbortSignal): Promise<void> {
    return this.#acp.close(how, signal);
  }
}
