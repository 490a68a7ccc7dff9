import type { AgentSession, ProcessIdentity, Prompt } from '../../core/agent.ts';
import type {
  AgentEventBody,
  ApprovalAnswer,
  ModelInfo,
  TurnOutcome,
  Usage,
} from '../../core/agent-event.ts';
import { AppError } from '../../core/errors.ts';
import { asId, type NativeId } from '../../core/ids.ts';
import type { Log } from '../../core/platform.ts';
import { EventLog } from '../event-log.ts';
import type { ProcessExit, ProcessSpec } from '../process/owned-process.ts';
import { OpenApproval, permissionCall } from './approvals.ts';
import { ClientFiles } from './client-files.ts';
import { AcpConnection, type AcpHandlers, goneError } from './connection.ts';
import { type AgentFacts, isRequestError, type Opened } from './handshake.ts';
import { outcomeOfError, outcomeOfReply, usageOfReply } from './outcome.ts';
import { promptBlocks } from './prompt-blocks.ts';
import { SessionConfig } from './session-config.ts';
import { exitDetail } from './stderr-detail.ts';
import { isWork, UpdateMapper } from './updates.ts';
import { number, record, type Wire } from './wire.ts';

/** An unasked turn has no reply that ends it; silence for this long does. */
const BACKGROUND_QUIET_MS = 2_000;

interface Turn {
  /** Undefined for a turn the agent began by itself. */
  readonly prompt: Prompt | undefined;
  started: boolean;
  cancelled: boolean;
}

/** One conversation over one connection. */
export class AcpSession implements AgentSession {
  readonly config = new SessionConfig();
  /** `performance.now()` of the last update. */
  lastUpdateAt = 0;
  readonly #events = new EventLog();
  readonly #mapper = new UpdateMapper();
  readonly #approvals = new Map<string, OpenApproval>();
  readonly #files: ClientFiles;
  readonly #log: Log;
  readonly #env: Readonly<Record<string, string>>;
  #connection: AcpConnection | undefined;
  #facts: AgentFacts | undefined;
  #sessionId = '';
  /** Until the conversation is open, updates are repetitions of the past. */
  #open = false;
  #turn: Turn | undefined;
  #background: NodeJS.Timeout | undefined;
  #approvalCount = 0;
  #cost: number | undefined;
  #turnCost: number | undefined;

  constructor(workDir: string, env: Readonly<Record<string, string>>, log: Log) {
    this.#files = new ClientFiles(workDir);
    this.#env = env;
    this.#log = log;
  }

  /** Starts the process; the handshake follows. */
  async connect(spec: ProcessSpec): Promise<AcpConnection> {
    const connection = await AcpConnection.start(spec, this.#handlers());
    this.#connection = connection;
    void connection.gone.then((exit) => this.#gone(exit));
    return connection;
  }

  /** The conversation is open: from here on updates count. */
  begin(facts: AgentFacts, opened: Opened, reset: boolean): void {
    this.#facts = facts;
    this.#sessionId = opened.sessionId;
    // What a resumed conversation has cost before is not known until it says so.
    this.#cost = opened.origin === 'new' ? 0 : undefined;
    const nativeId = asId<NativeId>(opened.sessionId);
    this.#events.append({ kind: 'session', nativeId, ...(reset ? { reset } : {}) });
    this.config.read(opened.reply);
    this.#events.append(this.config.settings());
    this.#open = true;
  }

  get process(): ProcessIdentity | undefined {
    const record = this.#connection?.process.record;
    if (record?.startTime === undefined) return undefined;
    return { pid: record.pid, startTime: record.startTime };
  }

  events(fromSeq: number) {
    return this.#events.read(fromSeq);
  }

  notice(text: string): void {
    this.#events.append({ kind: 'notice', notice: { kind: 'other', text } });
  }

  async prompt(prompt: Prompt, signal: AbortSignal): Promise<{ readonly folded: boolean }> {
    if (this.#turn?.prompt !== undefined) {
      throw new AppError('agent.busy', 'The agent is still working on the last message', {
        kind: 'conflict',
      });
    }
    const blocks = await promptBlocks(prompt, this.#facts?.images === true);
    signal.throwIfAborted();
    const connection = this.#connection;
    if (connection === undefined || this.#events.ended) throw goneError();
    this.#endBackground();
    const turn: Turn = { prompt, started: false, cancelled: false };
    this.#turn = turn;
    this.#turnCost = undefined;
    const sent = connection.sent('session/prompt');
    const reply = connection.request('session/prompt', { sessionId: this.#sessionId, prompt: blocks });
    const done = reply.then(
      (result) => this.#endTurn(turn, outcomeOfReply(result), usageOfReply(result)),
      (error: unknown) => this.#promptFailed(turn, error),
    );
    await Promise.race([sent, done]);
    // Nothing was sent and nothing came back: the connection is gone, and the prompt with it.
    if (this.#turn === turn && this.#events.ended) throw goneError();
    if (this.#turn === turn) this.#startTurn(turn);
    return { folded: false };
  }

  async interrupt(): Promise<void> {
    const turn = this.#turn;
    if (turn === undefined || this.#connection === undefined) return;
    turn.cancelled = true;
    const cancelled = this.#connection.notify('session/cancel', { sessionId: this.#sessionId });
    // The protocol wants every open request answered once the turn is cancelled.
    this.#withdrawAll();
    await cancelled;
  }

  async answer(wireId: string, answer: ApprovalAnswer): Promise<'taken' | 'stale'> {
    const open = this.#approvals.get(wireId);
    if (open === undefined) return 'stale';
    if (!open.answer(answer)) {
      throw new AppError('agent.option_unknown', 'The agent did not offer this option', {
        kind: 'validation',
      });
    }
    this.#approvals.delete(wireId);
    return 'taken';
  }

  async set(change: { mode?: string; model?: string | null; effort?: string }): Promise<boolean> {
    let all = true;
    // The model first: the efforts on offer depend on it.
    if (change.model !== undefined) all = (await this.#choose('model', change.model)) && all;
    if (change.mode !== undefined) all = (await this.#choose('mode', change.mode)) && all;
    if (change.effort !== undefined) all = (await this.#choose('effort', change.effort)) && all;
    return all;
  }

  async models(): Promise<readonly ModelInfo[]> {
    return this.config.models;
  }

  async close(how: { readonly quick: boolean }, signal: AbortSignal): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    await connection.close(how.quick ? { eofMs: 0 } : { interrupt: () => this.interrupt() }, signal);
    await connection.gone;
  }

  #handlers(): AcpHandlers {
    return {
      update: (params) => this.#update(record(params.update)),
      permission: (params, signal) => this.#permission(params, signal),
      readFile: (params) => this.#files.read(params),
      writeFile: (params) => this.#files.write(params),
      skipped: (bytes) => this.#events.append({ kind: 'notice', notice: { kind: 'skipped_output', bytes } }),
      room: () => this.#events.room(),
    };
  }

  #update(update: Wire): void {
    this.lastUpdateAt = performance.now();
    if (this.config.update(update)) {
      if (this.#open) this.#events.append(this.config.settings());
      return;
    }
    const cost = number(record(update.cost).amount);
    if (cost !== undefined) this.#countCost(cost);
    if (!this.#open && update.sessionUpdate !== 'available_commands_update') return;
    const events = this.#mapper.map(update);
    if (isWork(update)) this.#working();
    this.#emit(events);
  }

  /** Costs are told as a running total of the conversation. */
  #countCost(total: number): void {
    if (this.#cost !== undefined) this.#turnCost = (this.#turnCost ?? 0) + Math.max(0, total - this.#cost);
    this.#cost = total;
  }

  /** Work without a prompt is a turn of the agent's own. */
  #working(): void {
    this.#turn ??= { prompt: undefined, started: false, cancelled: false };
    this.#startTurn(this.#turn);
    if (this.#turn.prompt !== undefined) return;
    if (this.#background !== undefined) this.#background.refresh();
    else this.#background = setTimeout(() => this.#backgroundQuiet(), BACKGROUND_QUIET_MS).unref();
  }

  #backgroundQuiet(): void {
    // A turn is not over while it waits for a person.
    if (this.#approvals.size > 0) this.#background?.refresh();
    else this.#endBackground();
  }

  #endBackground(): void {
    clearTimeout(this.#background);
    this.#background = undefined;
    const turn = this.#turn;
    if (turn !== undefined && turn.prompt === undefined) this.#endTurn(turn, { status: 'ok' }, undefined);
  }

  async #permission(params: Wire, signal: AbortSignal): Promise<object> {
    if (!this.#open || this.#turn?.cancelled === true || this.#events.ended) {
      return { outcome: { outcome: 'cancelled' } };
    }
    this.#working();
    const { tool, events } = this.#mapper.toolOf(permissionCall(params));
    this.#emit(events);
    const wireId = `p${++this.#approvalCount}`;
    return new Promise((resolve) => {
      const open = new OpenApproval(wireId, tool, params.options, resolve);
      this.#approvals.set(wireId, open);
      signal.addEventListener('abort', () => this.#withdraw(wireId), { once: true });
      this.#events.append({ kind: 'approval', wireId, request: open.request });
    });
  }

  #withdraw(wireId: string): void {
    const open = this.#approvals.get(wireId);
    if (open === undefined) return;
    this.#approvals.delete(wireId);
    open.cancel();
    this.#events.append({ kind: 'approval_withdrawn', wireId });
  }

  #withdrawAll(): void {
    for (const wireId of [...this.#approvals.keys()]) this.#withdraw(wireId);
  }

  #startTurn(turn: Turn): void {
    if (turn.started) return;
    turn.started = true;
    const prompts = turn.prompt === undefined ? [] : [turn.prompt.id];
    this.#events.append({ kind: 'turn_start', origin: turn.prompt ? 'prompt' : 'background', prompts });
  }

  #endTurn(turn: Turn, outcome: TurnOutcome, usage: Usage | undefined): void {
    if (this.#turn !== turn) return;
    this.#startTurn(turn);
    this.#withdrawAll();
    this.#emit(this.#mapper.endTurn());
    this.#turn = undefined;
    const costUsd = this.#turnCost;
    const total = costUsd === undefined ? usage : { ...usage, costUsd };
    this.#events.append({
      kind: 'turn_end',
      prompts: turn.prompt === undefined ? [] : [turn.prompt.id],
      outcome,
      ...(total === undefined ? {} : { usage: total }),
    });
  }

  #promptFailed(turn: Turn, error: unknown): void | Promise<void> {
    // A lost connection is told by the exit, which knows more about why.
    if (!isRequestError(error)) return this.#connection?.gone.then(() => undefined);
    const wire = { code: error.code, message: error.message, data: error.data };
    this.#endTurn(turn, turn.cancelled ? { status: 'interrupted' } : outcomeOfError(wire), undefined);
  }

  #gone(exit: ProcessExit): void {
    const detail = exitDetail(exit, this.#env);
    const turn = this.#turn;
    clearTimeout(this.#background);
    if (turn?.started) {
      const message = detail === undefined ? 'The agent process ended unexpectedly.' : detail;
      this.#endTurn(turn, { status: 'error', code: 'crash', message }, undefined);
    }
    this.#withdrawAll();
    this.#events.append({
      kind: 'exit',
      code: exit.code,
      signal: exit.signal,
      ...(detail === undefined ? {} : { detail }),
    });
    this.#events.end();
    // Tools the agent left behind end with it.
    void this.#connection?.close({ eofMs: 0 }).catch((error: unknown) => {
      this.#log.warn({ err: error }, 'could not end what the agent left running');
    });
  }

  async #choose(name: 'mode' | 'model' | 'effort', wanted: string | null): Promise<boolean> {
    const change = this.config.change(this.#sessionId, name, wanted);
    if (change === 'done') return true;
    if (change === undefined || this.#connection === undefined) return false;
    const reply = await this.#connection.request(change.call.method, change.call.params).catch((error) => {
      if (!isRequestError(error)) throw error;
      this.#log.warn({ setting: name, code: error.code }, 'the agent refused a setting');
      return undefined;
    });
    if (reply === undefined) return false;
    this.config.applied(name, change.value);
    this.config.read(reply);
    this.#events.append(this.config.settings());
    return true;
  }

  #emit(events: readonly AgentEventBody[]): void {
    for (const event of events) this.#events.append(event);
  }
}
