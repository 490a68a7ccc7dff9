import type { AgentEventBody } from '../../core/agent-event.ts';
import type { NativeId } from '../../core/ids.ts';
import { text, type Wire } from '../../kit/acp/wire.ts';
import { type CodexMode, SANDBOX_POLICIES } from './modes.ts';

/** What a thread is started or resumed with. */
export interface ThreadSpec {
  readonly resume: NativeId | undefined;
  readonly mode: string;
  /** Of `thread/start` and `thread/resume`. */
  readonly params: Readonly<Record<string, unknown>>;
}

export interface Settings {
  readonly mode?: CodexMode;
  /** null: what the thread began with. */
  readonly model?: string | null;
  readonly effort?: string;
}

/** Mode, model and effort of a thread. A change travels with the next turn and holds for all that follow. */
export class ThreadSettings {
  readonly #firstModel: string | undefined;
  #model: string | undefined;
  #effort: string | undefined;
  #pending: Readonly<Record<string, unknown>> = {};

  /** From the reply to `thread/start` or `thread/resume`, which tells what really holds. */
  constructor(thread: Wire) {
    this.#firstModel = text(thread.model);
    this.#model = this.#firstModel;
    this.#effort = text(thread.reasoningEffort);
  }

  /** False when only a new thread can have it so. */
  change(settings: Settings): boolean {
    const model = settings.model === null ? this.#firstModel : settings.model;
    if (settings.model === null && model === undefined) return false;
    if (model !== undefined) this.#model = model;
    if (settings.effort !== undefined) this.#effort = settings.effort;
    const { mode } = settings;
    this.#pending = {
      ...this.#pending,
      ...(model === undefined ? {} : { model }),
      ...(settings.effort === undefined ? {} : { effort: settings.effort }),
      ...(mode === undefined
        ? {}
        : { approvalPolicy: mode.approvalPolicy, sandboxPolicy: SANDBOX_POLICIES[mode.sandbox] }),
    };
    return true;
  }

  /** The overrides for the next `turn/start`. */
  get pending(): Readonly<Record<string, unknown>> {
    return this.#pending;
  }

  /** The server has taken them; what was changed meanwhile still waits. */
  given(taken: Readonly<Record<string, unknown>>): void {
    if (this.#pending === taken) this.#pending = {};
  }

  event(mode: string | undefined): AgentEventBody {
    return {
      kind: 'settings',
      ...(mode === undefined ? {} : { mode }),
      ...(this.#model === undefined ? {} : { model: this.#model }),
      ...(this.#effort === undefined ? {} : { effort: this.#effort }),
    };
  }
}
