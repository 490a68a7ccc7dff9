/**
 * A scripted agent inside this process, for benches with many sessions: what it costs is next to nothing, so that
 * what is measured is the path around it. It plugs in where a real adapter would:
 *
 *   const engine = new ScriptedEngine({ now: () => performance.now() });
 *   registry: { scripted: engine.definition }          // AgentDefinition, type "scripted"
 *
 *   engine.onPrompt = ({ session, prompt, at }) => …    // a prompt has reached the agent's "stdin"
 *   engine.onDelta  = ({ session, text, at }) => …      // a delta has left its "stdout"
 *   engine.respond  = 'script' | 'manual'
 *
 * `script` (default): the prompt says what to do in the language of script.ts (`stream: 200 10` …), and the answer ends
 * with `echo:<prompt>`. `manual`: nothing happens until the bench calls `engine.session(id)` and then
 * `.delta(text)`, `.block(text)`, `.ask(request)`, `.end(outcome?)`.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Agent,
  AgentCapabilities,
  AgentContext,
  AgentDefinition,
  AgentSession,
  Prompt,
  SessionSpec,
} from '../../../src/core/agent.ts';
import type {
  AgentEventBody,
  ApprovalAnswer,
  ApprovalRequest,
  TurnOutcome,
} from '../../../src/core/agent-event.ts';
import { AppError } from '../../../src/core/errors.ts';
import { asId, type NativeId } from '../../../src/core/ids.ts';
import { EventLog } from '../../../src/kit/event-log.ts';
import { echoOf, parseScript, type Step } from './script.ts';

export interface PromptSeen {
  readonly session: ScriptedSession;
  readonly prompt: Prompt;
  /** By the engine's clock. */
  readonly at: number;
}

export interface DeltaLeft {
  readonly session: ScriptedSession;
  readonly text: string;
  readonly at: number;
}

const CAPABILITIES: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: false,
  images: true,
  liveMode: true,
  liveModel: true,
  turnEnd: 'protocol',
  finishesOnEof: false,
  outcome: false,
  systemPrompt: true,
  nestingVariables: [],
};

/** All scripted sessions of one bench, and the hooks to watch them. */
export class ScriptedEngine {
  onPrompt: ((seen: PromptSeen) => void) | undefined;
  onDelta: ((left: DeltaLeft) => void) | undefined;
  respond: 'script' | 'manual' = 'script';
  readonly now: () => number;
  readonly #sessions = new Map<string, ScriptedSession>();

  readonly capabilities: AgentCapabilities;

  /** `outcome`: pretends to keep a transcript, as most agents do: then a prompt need not wait for its own record. */
  constructor(options: { now?: () => number; outcome?: boolean } = {}) {
    this.now = options.now ?? (() => performance.now());
    this.capabilities = { ...CAPABILITIES, outcome: options.outcome ?? false };
  }

  /** To be put into the registry under `scripted`. */
  get definition(): AgentDefinition {
    return {
      type: 'scripted',
      binaries: [],
      options: ['work_dir', 'mode', 'model'],
      create: (options, context) => this.#agent(options, context),
    };
  }

  /** A live session by its native id. */
  session(nativeId: string): ScriptedSession | undefined {
    return this.#sessions.get(nativeId);
  }

  get sessions(): readonly ScriptedSession[] {
    return [...this.#sessions.values()];
  }

  #agent(options: Readonly<Record<string, unknown>>, context: AgentContext): Agent {
    const workDir = typeof options.work_dir === 'string' ? options.work_dir : context.baseDir;
    return {
      type: 'scripted',
      label: 'Scripted agent',
      capabilities: this.capabilities,
      modes: [{ id: 'default', aliases: [], label: 'Default', description: 'Asks' }],
      defaultMode: 'default',
      defaultModel: undefined,
      defaultEffort: undefined,
      workDir,
      configuredModels: [],
      open: (spec) => Promise.resolve(this.#open(spec)),
      check: () => Promise.resolve([{ level: 'ok', what: 'scripted agent' }]),
    };
  }

  #open(spec: SessionSpec): ScriptedSession {
    const nativeId = spec.resume ?? asId<NativeId>(randomUUID());
    const session = new ScriptedSession(this, nativeId, () => this.#sessions.delete(nativeId));
    this.#sessions.set(nativeId, session);
    return session;
  }
}

/** One conversation with the scripted engine. */
export class ScriptedSession implements AgentSession {
  readonly nativeId: NativeId;
  readonly process = undefined;
  readonly #engine: ScriptedEngine;
  readonly #events = new EventLog();
  readonly #asked = new Map<string, (answer: ApprovalAnswer | undefined) => void>();
  readonly #gone: () => void;
  #turn: { readonly prompt: Prompt; readonly abort: AbortController; said: string } | undefined;
  #askCount = 0;

  constructor(engine: ScriptedEngine, nativeId: NativeId, gone: () => void) {
    this.#engine = engine;
    this.nativeId = nativeId;
    this.#gone = gone;
    this.#events.append({ kind: 'session', nativeId });
  }

  // ---- what the engine under test calls ----

  events(fromSeq: number) {
    return this.#events.read(fromSeq);
  }

  prompt(prompt: Prompt, signal: AbortSignal): Promise<{ readonly folded: boolean }> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#events.ended)
      return Promise.reject(new AppError('agent.gone', 'The scripted session has ended'));
    if (this.#turn !== undefined) {
      return Promise.reject(new AppError('agent.busy', 'A turn is running', { kind: 'conflict' }));
    }
    this.#turn = { prompt, abort: new AbortController(), said: '' };
    this.#engine.onPrompt?.({ session: this, prompt, at: this.#engine.now() });
    this.#events.append({ kind: 'turn_start', origin: 'prompt', prompts: [prompt.id] });
    if (this.#engine.respond === 'script') void this.#play(prompt.text, this.#turn.abort.signal);
    return Promise.resolve({ folded: false });
  }

  interrupt(): Promise<void> {
    this.#turn?.abort.abort();
    this.end({ status: 'interrupted' });
    return Promise.resolve();
  }

  answer(wireId: string, answer: ApprovalAnswer): Promise<'taken' | 'stale'> {
    const settle = this.#asked.get(wireId);
    this.#asked.delete(wireId);
    settle?.(answer);
    return Promise.resolve(settle === undefined ? 'stale' : 'taken');
  }

  set(change: { readonly mode?: string; readonly model?: string | null }): Promise<boolean> {
    this.#events.append({ kind: 'settings', mode: change.mode, model: change.model ?? undefined });
    return Promise.resolve(true);
  }

  close(): Promise<void> {
    if (this.#events.ended) return Promise.resolve();
    this.#turn?.abort.abort();
    this.end({ status: 'error', message: 'closed', code: 'crash' });
    this.#events.append({ kind: 'exit', code: 0, signal: null });
    this.#events.end();
    this.#gone();
    return Promise.resolve();
  }

  // ---- what the bench calls ----

  /** True while a turn runs. */
  get busy(): boolean {
    return this.#turn !== undefined;
  }

  /** Streams a piece of text. */
  delta(text: string): void {
    if (this.#turn === undefined) return;
    this.#turn.said += text;
    this.#engine.onDelta?.({ session: this, text, at: this.#engine.now() });
    this.#events.append({ kind: 'text', text, mode: 'delta' });
  }

  /** A whole block of text that was not streamed. */
  block(text: string): void {
    if (this.#turn === undefined) return;
    this.#turn.said += text;
    this.#engine.onDelta?.({ session: this, text, at: this.#engine.now() });
    this.#events.append({ kind: 'text', text, mode: 'block' });
  }

  /** Asks for an approval; undefined when the turn ended first. */
  ask(request: ApprovalRequest): Promise<ApprovalAnswer | undefined> {
    const wireId = `ask-${++this.#askCount}`;
    return new Promise((resolve) => {
      this.#asked.set(wireId, resolve);
      this.#events.append({ kind: 'approval', wireId, request });
    });
  }

  /** Any other event, as it is. */
  emit(body: AgentEventBody): void {
    this.#events.append(body);
  }

  /** Ends the running turn; nothing happens without one. */
  end(outcome: TurnOutcome = { status: 'ok' }): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    this.#turn = undefined;
    for (const [wireId, settle] of this.#asked) {
      this.#events.append({ kind: 'approval_withdrawn', wireId });
      settle(undefined);
    }
    this.#asked.clear();
    this.#events.append({ kind: 'text_end' });
    this.#events.append({ kind: 'turn_end', prompts: [turn.prompt.id], outcome });
  }

  // ---- the script ----

  async #play(text: string, signal: AbortSignal): Promise<void> {
    try {
      for (const step of parseScript(text)) {
        await this.#step(step, signal);
        signal.throwIfAborted();
      }
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    this.delta(echoOf(text));
    this.end();
  }

  async #step(step: Step, signal: AbortSignal): Promise<void> {
    switch (step.do) {
      case 'say':
        this.delta(step.text);
        return;
      case 'think':
        this.#events.append({ kind: 'thinking', text: step.text, mode: 'delta' });
        return;
      case 'big':
        this.delta('x'.repeat(step.chars));
        return;
      case 'stream':
        for (let at = 1; at <= step.chunks; at++) {
          if (step.everyMs > 0) await sleep(step.everyMs, undefined, { signal });
          this.delta(`chunk ${at} `);
        }
        return;
      case 'tool':
      case 'ask':
        await this.#tool(step);
        return;
      case 'slow':
        await sleep(step.ms, undefined, { signal });
        return;
      case 'hang':
        await sleep(2 ** 31 - 1, undefined, { signal, ref: false });
        return;
      case 'error':
        this.end({ status: 'error', message: `scripted ${step.status}`, code: 'server' });
        return;
      default:
        throw new Error(`the in-process agent does not know the step "${step.do}"`);
    }
  }

  async #tool(step: Extract<Step, { do: 'tool' | 'ask' }>): Promise<void> {
    const { name, input } = step;
    const id = randomUUID();
    const summary = String(input.command ?? name);
    this.#events.append({ kind: 'tool_started', call: { id, name, summary, form: 'shell' } });
    let ok = true;
    if (step.do === 'ask') {
      const options = [
        { id: 'allow', label: '', role: 'allow' as const },
        { id: 'deny', label: '', role: 'deny' as const },
      ];
      const answer = await this.ask({ kind: 'permission', tool: name, summary, input: {}, options });
      ok = answer?.kind === 'option' && answer.optionId === 'allow';
    }
    this.#events.append({ kind: 'tool_ended', id, ok, output: ok ? `ran ${name}` : 'denied' });
  }
}
