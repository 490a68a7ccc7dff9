import type {
  Agent,
  AgentCapabilities,
  AgentMode,
  AgentSession,
  AgentStore,
  Prompt,
  SessionSpec,
} from '../../src/core/agent.ts';
import type {
  AgentEventBody,
  ApprovalAnswer,
  ModelInfo,
  TurnOutcome,
  Usage,
} from '../../src/core/agent-event.ts';
import { asId, type NativeId } from '../../src/core/ids.ts';
import { EventLog } from '../../src/kit/event-log.ts';

export const fakeCapabilities: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: true,
  images: false,
  liveMode: true,
  liveModel: true,
  turnEnd: 'protocol',
  finishesOnEof: false,
  outcome: false,
  systemPrompt: true,
  nestingVariables: [],
};

/** An agent that does nothing by itself: the test says what it says and when its turns end. */
export class FakeAgent implements Agent {
  readonly type: string;
  readonly label: string;
  capabilities: AgentCapabilities = fakeCapabilities;
  modes: readonly AgentMode[] = [
    { id: 'default', aliases: ['ask'], label: 'Default', description: 'asks' },
    { id: 'acceptEdits', aliases: ['edits'], label: 'Accept edits', description: 'edits freely' },
    { id: 'bypass', aliases: ['yolo'], label: 'Bypass', description: 'never asks', bypass: true },
  ];
  readonly defaultMode = 'default';
  defaultModel: string | undefined;
  readonly defaultEffort = undefined;
  readonly workDir: string;
  configuredModels: readonly ModelInfo[] = [];
  store: AgentStore | undefined;
  /** Every process ever started, newest last. */
  readonly sessions: FakeSession[] = [];
  private next = 1;

  constructor(workDir: string, type = 'fake-agent') {
    this.workDir = workDir;
    this.type = type;
    this.label = type === 'fake-agent' ? 'Fake Agent' : type;
  }

  /** While set, starting waits for it. */
  gate: Promise<void> | undefined;

  /** Resuming rejects with it, when the process is opened or with the first prompt. */
  resumeFailure: { readonly at: 'open' | 'prompt'; readonly error: Error } | undefined;

  async open(spec: SessionSpec, signal: AbortSignal): Promise<AgentSession> {
    await this.gate;
    signal.throwIfAborted();
    const failure = spec.resume === undefined ? undefined : this.resumeFailure;
    if (failure?.at === 'open') throw failure.error;
    const native = spec.resume ?? asId<NativeId>(`native-${this.next++}`);
    const session = new FakeSession(spec, native);
    if (failure) session.promptFailure = failure.error;
    this.sessions.push(session);
    return session;
  }

  check() {
    return Promise.resolve([]);
  }

  get last(): FakeSession | undefined {
    return this.sessions.at(-1);
  }
}

/** One process of the fake agent. */
export class FakeSession implements AgentSession {
  readonly process = undefined;
  readonly spec: SessionSpec;
  readonly prompts: Prompt[] = [];
  readonly steered: Prompt[] = [];
  readonly changes: { readonly mode?: string; readonly model?: string | null }[] = [];
  /** What `set` and `steer` answer. */
  settable = true;
  steerable: 'taken' | 'too_late' | 'refused' = 'taken';
  offered: readonly ModelInfo[] = [];
  closed = false;
  private readonly log = new EventLog();
  private running: Prompt | undefined;

  constructor(spec: SessionSpec, native: NativeId) {
    this.spec = spec;
    this.log.append({ kind: 'session', nativeId: native });
  }

  events(fromSeq: number) {
    return this.log.read(fromSeq);
  }

  /** The next prompts reject with it. */
  promptFailure: Error | undefined;

  prompt(prompt: Prompt): Promise<{ folded: boolean }> {
    if (this.promptFailure) return Promise.reject(this.promptFailure);
    if (this.running) return Promise.reject(new Error('prompted while busy'));
    this.running = prompt;
    this.prompts.push(prompt);
    this.log.append({ kind: 'turn_start', origin: 'prompt', prompts: [prompt.id] });
    return Promise.resolve({ folded: false });
  }

  /** What is steered becomes part of the running turn. */
  folds = true;

  /** While set, steering waits for it. */
  steerGate: Promise<void> | undefined;

  async steer(prompt: Prompt): Promise<'taken' | 'too_late' | 'refused'> {
    await this.steerGate;
    if (this.steerable === 'taken') this.steered.push(prompt);
    return this.steerable;
  }

  /** An interrupt is taken and nothing comes of it. */
  deaf = false;

  interrupts = 0;

  interrupt(): Promise<void> {
    this.interrupts += 1;
    if (!this.deaf) this.end({ status: 'interrupted' });
    return Promise.resolve();
  }

  /** What the engine answered, by wire id. */
  readonly answers: { readonly wireId: string; readonly answer: ApprovalAnswer }[] = [];

  answer(wireId: string, answer: ApprovalAnswer): Promise<'taken' | 'stale'> {
    this.answers.push({ wireId, answer });
    return Promise.resolve('taken');
  }

  set(change: { readonly mode?: string; readonly model?: string | null }): Promise<boolean> {
    if (this.settable) this.changes.push(change);
    return Promise.resolve(this.settable);
  }

  models(): Promise<readonly ModelInfo[]> {
    return Promise.resolve(this.offered);
  }

  /** While set, closing waits for it. */
  gate: Promise<void> | undefined;

  /** How it was closed first. */
  closedHow: { readonly quick: boolean } | undefined;

  async close(how: { readonly quick: boolean }): Promise<void> {
    this.closedHow ??= how;
    await this.gate;
    if (this.closed) return;
    this.closed = true;
    if (this.running) this.end({ status: 'error', message: 'closed', code: 'crash' });
    this.log.append({ kind: 'exit', code: 0, signal: null });
    this.log.end();
  }

  get busy(): boolean {
    return this.running !== undefined;
  }

  /** `parent`: a sub-agent under this tool call does it. */
  emit(body: AgentEventBody, parent?: string): void {
    this.log.append(body, parent);
  }

  /** A whole turn that nobody asked for. */
  speak(text: string): void {
    this.log.append({ kind: 'turn_start', origin: 'background', prompts: [] });
    this.log.append({ kind: 'text', text, mode: 'block' });
    this.log.append({ kind: 'turn_end', prompts: [], outcome: { status: 'ok' } });
  }

  /** Dies in the middle of whatever it does. */
  crash(): void {
    this.closed = true;
    this.running = undefined;
    this.log.append({ kind: 'exit', code: 1, signal: null });
    this.log.end();
  }

  /** Answers the running prompt. */
  reply(text: string, usage?: Usage): void {
    this.log.append({ kind: 'text', text, mode: 'block' });
    this.end({ status: 'ok' }, usage);
  }

  end(outcome: TurnOutcome, usage?: Usage): void {
    const prompt = this.running;
    if (!prompt) return;
    this.running = undefined;
    const folded = this.folds ? this.steered.splice(0).map(({ id }) => id) : [];
    this.log.append({ kind: 'turn_end', prompts: [prompt.id, ...folded], outcome, usage });
  }
}
