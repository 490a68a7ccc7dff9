import type { AgentSession, ProcessIdentity, Prompt } from '../../core/agent.ts';
import type { AgentEventBody, ApprovalAnswer, ModelInfo } from '../../core/agent-event.ts';
import { AppError } from '../../core/errors.ts';
import type { PromptId } from '../../core/ids.ts';
import type { Log } from '../../core/platform.ts';
import { EventLog } from '../../kit/event-log.ts';
import { findMode } from '../../kit/modes.ts';
import { readNdjson } from '../../kit/ndjson.ts';
import { exitDetail } from '../../kit/process/exit-detail.ts';
import type { OwnedProcess, ProcessExit } from '../../kit/process/owned-process.ts';
import { answerBody, type OpenApproval, planFile, readApproval } from './approvals.ts';
import { ControlRequests } from './control.ts';
import { EventReader, type Said } from './events.ts';
import { readCommands, readModels } from './models.ts';
import { MODES } from './modes.ts';
import { readPlanFile } from './plan-file.ts';
import { promptLine } from './prompt.ts';
import { MAX_REPEATS, promptUuid } from './repeats.ts';
import { type Line, object, text } from './wire.ts';

/** How long the CLI may take to answer a control request; it normally needs milliseconds. */
const CONTROL_MS = 15_000;
/** How long an interrupted turn may take to end before the caller should close the process. */
const INTERRUPT_MS = 5_000;
/** An interrupt before its turn has begun has no effect, and steered messages get turns of their own: it is repeated. */
const INTERRUPT_EVERY_MS = 1_000;

/** A prompt that was written and not yet taken. */
interface Unaccepted {
  readonly line: Line;
  /** How often it was given again under another uuid. */
  sent: number;
  readonly reject: (error: unknown) => void;
}

/** One Claude Code process, over any number of turns. */
export class ClaudeSession implements AgentSession {
  readonly #process: OwnedProcess;
  readonly #log: Log;
  readonly #launchMode: string;
  readonly #redact: (text: string) => string;
  readonly #events = new EventLog();
  readonly #reader = new EventReader();
  readonly #control: ControlRequests;
  readonly #approvals = new Map<string, OpenApproval>();
  readonly #turnEnds = new Set<() => void>();
  readonly #unaccepted = new Map<PromptId, Unaccepted>();
  readonly #finished: Promise<ProcessExit>;
  #models: readonly ModelInfo[] = [];
  #gone: AppError | undefined;

  constructor(process: OwnedProcess, launchMode: string, redact: (text: string) => string, log: Log) {
    this.#process = process;
    this.#launchMode = launchMode;
    this.#redact = redact;
    this.#log = log;
    this.#control = new ControlRequests((line) => this.#write(line));
    this.#finished = this.#run();
  }

  /**
   * Waits until the CLI answers; a prompt written before would not be answered sooner. Rejects when the process ends
   * first: then `exited` tells why.
   */
  async start(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const reply = await this.#control.send({ subtype: 'initialize' }, timeoutMs, signal);
    this.#models = readModels(reply);
    this.#events.append({ kind: 'settings', models: this.#models, commands: readCommands(reply) });
  }

  /** How the process ended, after its output was read to the end. */
  get exited(): Promise<ProcessExit> {
    return this.#finished;
  }

  get process(): ProcessIdentity | undefined {
    const { pid, startTime } = this.#process.record;
    return startTime === undefined ? undefined : { pid, startTime };
  }

  events(fromSeq: number) {
    return this.#events.read(fromSeq);
  }

  async prompt(prompt: Prompt, signal: AbortSignal): Promise<{ readonly folded: boolean }> {
    const line = await promptLine(prompt);
    signal.throwIfAborted();
    if (this.#gone !== undefined) throw this.#gone;
    return { folded: await this.#submit(prompt, line, signal) };
  }

  async steer(prompt: Prompt, signal: AbortSignal): Promise<'taken' | 'too_late' | 'refused'> {
    const line = await promptLine(prompt);
    signal.throwIfAborted();
    if (this.#gone !== undefined || !this.#reader.turns.running) return 'too_late';
    // If the turn ends before the CLI looks at it, the message becomes a turn of its own, which names it.
    await this.#submit(prompt, line, signal);
    return 'taken';
  }

  async interrupt(signal: AbortSignal): Promise<void> {
    // Only what was there when asked: a prompt given once the turn has ended is not to be stopped.
    const isPending = this.#reader.turns.pending();
    const deadline = performance.now() + INTERRUPT_MS;
    while (isPending() && this.#gone === undefined) {
      const left = deadline - performance.now();
      if (left <= 0) throw interruptIgnored();
      await this.#control.send({ subtype: 'interrupt' }, left, signal);
      if (isPending()) await this.#turnEnd(INTERRUPT_EVERY_MS, signal);
    }
  }

  async answer(wireId: string, answer: ApprovalAnswer): Promise<'taken' | 'stale'> {
    const open = this.#approvals.get(wireId);
    if (open === undefined || this.#gone !== undefined) return 'stale';
    this.#approvals.delete(wireId);
    this.#reader.answered(wireId);
    await this.#respond(wireId, { subtype: 'success', response: answerBody(open, answer) });
    return 'taken';
  }

  async set(change: { readonly mode?: string; readonly model?: string | null; readonly effort?: string }) {
    if (change.effort !== undefined || this.#gone !== undefined) return false;
    const mode = change.mode === undefined ? undefined : findMode(MODES, change.mode);
    if (change.mode !== undefined && mode === undefined) return false;
    if (mode?.bypass && this.#launchMode !== mode.id) return false;
    if (mode !== undefined && !(await this.#change({ subtype: 'set_permission_mode', mode: mode.id })))
      return false;
    if (change.model === undefined) return true;
    return this.#change({ subtype: 'set_model', model: change.model });
  }

  models(): Promise<readonly ModelInfo[]> {
    return Promise.resolve(this.#models);
  }

  async close(how: { readonly quick: boolean }, signal: AbortSignal): Promise<void> {
    const running = this.#reader.turns.running;
    const interrupt = (abort: AbortSignal) => this.interrupt(abort);
    const ladder = how.quick ? { eofMs: 0, termMs: 2_000 } : { eofMs: 3_000, termMs: 2_000 };
    await this.#process.close(running && !how.quick ? { ...ladder, interrupt } : ladder, signal);
    await this.#finished;
  }

  // ---- output ----

  async #run(): Promise<ProcessExit> {
    await readNdjson(this.#process.stdout, (line) => this.#read(line), {
      onBad: (line) => this.#log.debug({ line: this.#redact(line.slice(0, 200)) }, 'agent wrote no JSON'),
      onSkipped: (bytes) =>
        this.#say([{ body: { kind: 'notice', notice: { kind: 'skipped_output', bytes } } }]),
    });
    const exit = await this.#process.exited;
    const detail = this.#redact(exitDetail('Claude Code', exit));
    this.#gone = new AppError('agent.exited', detail, { kind: 'unavailable' });
    this.#approvals.clear();
    this.#control.close(this.#gone);
    // They were written: whether the CLI had begun with them, only its transcript tells.
    for (const { reject } of this.#unaccepted.values()) reject(unconfirmed(this.#gone));
    this.#say(this.#reader.exited({ kind: 'exit', code: exit.code, signal: exit.signal, detail }, detail));
    this.#events.end();
    return exit;
  }

  #read(line: Line): void | Promise<void> {
    switch (text(line, 'type')) {
      case 'control_response':
        return this.#control.answered(line);
      case 'control_request':
        return this.#asked(line);
      case 'control_cancel_request': {
        const wireId = text(line, 'request_id') ?? '';
        this.#approvals.delete(wireId);
        return this.#say(this.#reader.withdrawn(wireId));
      }
      default:
        this.#say(this.#reader.read(line));
        for (const prompt of this.#reader.repeats) this.#sendAgain(prompt);
        return this.#events.room();
    }
  }

  async #asked(line: Line): Promise<void> {
    const wireId = text(line, 'request_id');
    const request = object(line, 'request');
    if (wireId === undefined || request === undefined) return;
    if (text(request, 'subtype') !== 'can_use_tool') {
      // Left unanswered it would hold the turn for ever.
      const error = `Unsupported control request: ${text(request, 'subtype') ?? 'none'}`;
      this.#respond(wireId, { subtype: 'error', error }).catch((cause: unknown) => this.#unwritten(cause));
      return;
    }
    const file = planFile(request);
    const open = readApproval(request, file === undefined ? undefined : await readPlanFile(file));
    this.#approvals.set(wireId, open);
    this.#say(this.#reader.asked(wireId, request, { kind: 'approval', wireId, request: open.request }));
  }

  #say(said: readonly Said[]): void {
    let ended = false;
    for (const { body, parent } of said) {
      this.#events.append(body, parent);
      ended ||= isEnd(body);
    }
    if (!ended) return;
    for (const tell of [...this.#turnEnds]) tell();
  }

  // ---- input ----

  /** Writes a prompt and resolves with whether it went into a running turn, once the CLI has taken it. */
  async #submit(prompt: Prompt, line: Line, signal: AbortSignal): Promise<boolean> {
    const { turns } = this.#reader;
    let abort = () => {};
    const accepted = new Promise<boolean>((resolve, reject) => {
      abort = () => reject(unconfirmed(signal.reason));
      signal.addEventListener('abort', abort, { once: true });
      this.#unaccepted.set(prompt.id, { line, sent: 0, reject });
      turns.sent(prompt.id, resolve);
    });
    accepted.catch(() => undefined);
    try {
      await this.#write(line).catch((error: unknown) => {
        turns.dropped(prompt.id);
        throw error;
      });
      turns.written(prompt.id);
      return await accepted;
    } finally {
      this.#unaccepted.delete(prompt.id);
      signal.removeEventListener('abort', abort);
    }
  }

  /** The CLI has seen this prompt's uuid in an earlier life of the conversation and will not run it as it is. */
  #sendAgain(prompt: PromptId): void {
    this.#reader.repeats.delete(prompt);
    const waiting = this.#unaccepted.get(prompt);
    if (waiting === undefined) return;
    waiting.sent++;
    if (waiting.sent > MAX_REPEATS) {
      this.#reader.turns.dropped(prompt);
      waiting.reject(unconfirmed('known by all its ids'));
      return;
    }
    const uuid = promptUuid(prompt, waiting.sent);
    this.#reader.alias(uuid, prompt);
    this.#write({ ...waiting.line, uuid }).catch(waiting.reject);
  }

  #write(line: Line): Promise<void> {
    return this.#process.write(`${JSON.stringify(line)}\n`);
  }

  #respond(wireId: string, response: Line): Promise<void> {
    return this.#write({ type: 'control_response', response: { ...response, request_id: wireId } });
  }

  async #change(request: Line): Promise<boolean> {
    try {
      const reply = await this.#control.send(request, CONTROL_MS);
      const mode = text(reply, 'mode');
      const model = text(reply, 'model');
      this.#say(this.#reader.changed({ ...(mode ? { mode } : {}), ...(model ? { model } : {}) }));
      return true;
    } catch (error) {
      // A refusal means that only a new process can have it so.
      if (error instanceof AppError && error.code === 'agent.control_refused') return false;
      throw error;
    }
  }

  #turnEnd(withinMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#turnEnds.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.#turnEnds.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #unwritten(cause: unknown): void {
    this.#log.debug({ cause: String(cause) }, 'agent took no answer');
  }
}

function isEnd(body: AgentEventBody): boolean {
  return body.kind === 'turn_end' || body.kind === 'exit';
}

function interruptIgnored(): AppError {
  return new AppError('agent.interrupt_ignored', 'Claude Code did not stop the turn when asked', {
    kind: 'unavailable',
    advice: 'Close the process; the conversation can be resumed.',
  });
}

function unconfirmed(cause: unknown): AppError {
  return new AppError('agent.prompt_unconfirmed', 'Claude Code has not confirmed the message', {
    kind: 'ambiguous',
    cause,
  });
}
