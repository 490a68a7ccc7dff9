import { setTimeout as sleep } from 'node:timers/promises';
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
import type { PromptJournal } from '../prompt-journal.ts';
import { CANCELLED, elicitationAsked, permissionAsked, permissionCall } from './approvals.ts';
import { ClientFiles } from './client-files.ts';
import { ClientTerminals } from './client-terminals.ts';
import { METHOD_NOT_FOUND, refusal } from './confinement.ts';
import { AcpConnection, type AcpHandlers, goneError } from './connection.ts';
import { type Handshake, isRequestError, type Opened } from './handshake.ts';
import { OpenRequests } from './open-requests.ts';
import { outcomeOfError, outcomeOfReply, usageOfReply } from './outcome.ts';
import type { AcpPreset } from './preset.ts';
import { promptBlocks } from './prompt-blocks.ts';
import { type ConfigChange, SessionConfig } from './session-config.ts';
import { exitDetail } from './stderr-detail.ts';
import { newTurn, noteFailure, noteSaid, type Turn } from './turn.ts';
import { isWork, UpdateMapper } from './updates.ts';
import { number, record, text, type Wire } from './wire.ts';

/** An unasked turn has no reply that ends it; silence for this long does. */
const BACKGROUND_QUIET_MS = 2_000;

/** What a session is made of. */
export interface AcpSessionParts {
  readonly process: ProcessSpec;
  readonly env: Readonly<Record<string, string>>;
  readonly preset: AcpPreset | undefined;
  /** Abilities of ours that the agent was told of. */
  readonly offers: { readonly files: boolean; readonly terminals: boolean };
  /** Every prompt is noted there before it is handed over. */
  readonly journal: PromptJournal | undefined;
  readonly log: Log;
}

/** One conversation over one connection. */
export class AcpSession implements AgentSession {
  readonly config: SessionConfig;
  /** `performance.now()` of the last update. */
  lastUpdateAt = 0;
  /** Takes what a loading agent repeats of the past. */
  onPast: ((update: Wire) => void) | undefined;
  readonly #parts: AcpSessionParts;
  readonly #events = new EventLog();
  readonly #terminals: ClientTerminals;
  readonly #mapper = new UpdateMapper((id) => this.#terminals.textOf(id));
  readonly #requests = new OpenRequests((event) => this.#events.append(event));
  readonly #files: ClientFiles;
  #connection: AcpConnection | undefined;
  #handshake: Handshake | undefined;
  #sessionId = '';
  /** Until the conversation is open, updates are repetitions of the past. */
  #open = false;
  #turn: Turn | undefined;
  #background: NodeJS.Timeout | undefined;
  #cost: number | undefined;
  #turnCost: number | undefined;
  /** Resolves when the agent takes a prompt again. */
  #settled: Promise<void> | undefined;

  constructor(parts: AcpSessionParts) {
    const { cwd, marker } = parts.process;
    this.#parts = parts;
    this.config = new SessionConfig(parts.preset?.modeArgs !== undefined);
    this.#files = new ClientFiles(cwd);
    this.#terminals = new ClientTerminals(cwd, parts.env, marker);
  }

  get workDir(): string {
    return this.#parts.process.cwd;
  }

  /** Empty until the conversation is open. */
  get nativeId(): string {
    return this.#sessionId;
  }

  /** Starts the process; the handshake follows. */
  async connect(): Promise<AcpConnection> {
    const connection = await AcpConnection.start(this.#parts.process, this.#handlers());
    this.#connection = connection;
    void connection.gone.then((exit) => this.#gone(exit));
    return connection;
  }

  /** The conversation is open: from here on updates count. */
  begin(handshake: Handshake, opened: Opened): void {
    this.#handshake = handshake;
    this.#sessionId = opened.sessionId;
    // What a resumed conversation has cost before is not known until it says so.
    this.#cost = opened.origin === 'new' ? 0 : undefined;
    const nativeId = asId<NativeId>(opened.sessionId);
    this.#events.append({ kind: 'session', nativeId });
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
    await this.#settled;
    const blocks = await promptBlocks(prompt, this.#handshake?.facts.images === true);
    await this.#parts.journal?.note(prompt.id, this.#sessionId, prompt.text);
    signal.throwIfAborted();
    const connection = this.#connection;
    if (connection === undefined || this.#events.ended) throw goneError();
    this.#endBackground();
    const turn = newTurn(prompt);
    this.#turn = turn;
    this.#turnCost = undefined;
    const sent = connection.sent('session/prompt');
    const reply = connection.request('session/prompt', { sessionId: this.#sessionId, prompt: blocks });
    const done = reply.then(
      (result) => this.#endTurn(turn, this.#outcome(turn, result), usageOfReply(result)),
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
    this.#requests.withdrawAll();
    await cancelled;
  }

  async answer(wireId: string, answer: ApprovalAnswer): Promise<'taken' | 'stale'> {
    return this.#requests.answer(wireId, answer);
  }

  async set(change: { mode?: string; model?: string | null; effort?: string }): Promise<boolean> {
    let all = true;
    // The model first: the efforts on offer depend on it.
    if (change.model !== undefined) all = (await this.#choose('model', change.model)) && all;
    if (change.mode !== undefined) all = (await this.#choose('mode', change.mode)) && all;
    if (change.effort !== undefined) all = (await this.#choose('effort', change.effort)) && all;
    return all;
  }

  /** Notes a mode that the agent went into without telling it as one. */
  entered(mode: string): void {
    this.config.applied('mode', mode);
    this.#events.append(this.config.settings());
  }

  /** Chooses a value for any session option by its id; false when the agent does not offer or take it. */
  async choose(id: string, value: string): Promise<boolean> {
    const change = this.config.option(this.#sessionId, id, value);
    return change === undefined ? false : this.#apply(change);
  }

  async models(): Promise<readonly ModelInfo[]> {
    return this.config.models;
  }

  async close(how: { readonly quick: boolean }, signal: AbortSignal): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    const stays = this.#parts.preset?.stdinEnd === 'stays' ? { eofMs: 0 } : {};
    const ladder = how.quick ? { eofMs: 0 } : { interrupt: () => this.#stop(), ...stays };
    await Promise.all([this.#terminals.close(), connection.close(ladder, signal)]);
    await connection.gone;
  }

  /** Interrupts, and waits for the turn to end: an agent whose input ends at once would not say how it did. */
  async #stop(): Promise<void> {
    await this.interrupt();
    await this.#turn?.ended;
  }

  #handlers(): AcpHandlers {
    const { offers } = this.#parts;
    return {
      update: (params) => this.#update(record(params.update)),
      permission: (params, signal) => this.#permission(params, signal),
      elicitation: (params, signal) => this.#elicitation(params, signal),
      readFile: async (params) => (offers.files ? this.#files.read(params) : notOffered()),
      writeFile: async (params) => (offers.files ? this.#files.write(params) : notOffered()),
      terminal: async (action, params, signal) =>
        offers.terminals ? this.#terminals.handle(action, params, signal) : notOffered(),
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
    if (this.#parts.preset?.chatter?.test(text(record(update.content).text) ?? '')) return;
    if (!this.#open && update.sessionUpdate !== 'available_commands_update') return this.onPast?.(update);
    const told = this.#parts.preset?.toldState?.(update);
    if (this.#turn !== undefined && noteFailure(this.#turn, update, told)) return;
    const events = this.#mapper.map(update);
    if (isWork(update)) this.#working();
    if (this.#turn !== undefined) noteSaid(this.#turn, events);
    this.#emit(events);
  }

  /** Costs are told as a running total of the conversation. */
  #countCost(total: number): void {
    if (this.#cost !== undefined) this.#turnCost = (this.#turnCost ?? 0) + Math.max(0, total - this.#cost);
    this.#cost = total;
  }

  /** Work without a prompt is a turn of the agent's own. */
  #working(): void {
    this.#turn ??= newTurn(undefined);
    this.#startTurn(this.#turn);
    if (this.#turn.prompt !== undefined) return;
    if (this.#background !== undefined) this.#background.refresh();
    else this.#background = setTimeout(() => this.#backgroundQuiet(), BACKGROUND_QUIET_MS).unref();
  }

  #backgroundQuiet(): void {
    // A turn is not over while it waits for a person.
    if (this.#requests.size > 0) this.#background?.refresh();
    else this.#endBackground();
  }

  #endBackground(): void {
    clearTimeout(this.#background);
    this.#background = undefined;
    const turn = this.#turn;
    if (turn !== undefined && turn.prompt === undefined) this.#endTurn(turn, { status: 'ok' }, undefined);
  }

  async #permission(params: Wire, signal: AbortSignal): Promise<object> {
    if (this.#unheard) return CANCELLED;
    this.#working();
    const { tool, events } = this.#mapper.toolOf(permissionCall(params));
    this.#emit(events);
    return this.#requests.ask(permissionAsked(tool, params.options), signal);
  }

  async #elicitation(params: Wire, signal: AbortSignal): Promise<object> {
    const asked = elicitationAsked(params, this.#handshake?.facts.name ?? 'agent');
    if (this.#unheard) return asked.cancelled;
    this.#working();
    return this.#requests.ask(asked, signal);
  }

  /** Nobody would see a question: there is no conversation yet, it was stopped, or it is over. */
  get #unheard(): boolean {
    return !this.#open || this.#turn?.cancelled === true || this.#events.ended;
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
    this.#requests.withdrawAll();
    this.#emit(this.#mapper.endTurn());
    this.#turn = undefined;
    turn.end();
    const costUsd = this.#turnCost;
    const total = costUsd === undefined ? usage : { ...usage, costUsd };
    this.#events.append({
      kind: 'turn_end',
      prompts: turn.prompt === undefined ? [] : [turn.prompt.id],
      outcome,
      ...(total === undefined ? {} : { usage: total }),
    });
  }

  #outcome(turn: Turn, reply: Wire): TurnOutcome {
    const outcome = outcomeOfReply(reply);
    if (outcome.status !== 'ok') return outcome;
    const { said = '', failure } = turn;
    const message = this.#parts.preset?.failureText?.test(said) === true ? said : failure;
    return message === undefined ? outcome : this.#failure({ message: message.trim() || undefined });
  }

  /** A model call that failed for want of a login says how to get one. */
  #failure(error: Wire): TurnOutcome {
    const outcome = outcomeOfError(error);
    const advice = this.#handshake?.advice;
    if (outcome.status !== 'error' || outcome.code !== 'auth' || advice === undefined) return outcome;
    return { ...outcome, message: `${outcome.message}\n${advice}` };
  }

  #promptFailed(turn: Turn, error: unknown): void | Promise<void> {
    // A lost connection is told by the exit, which knows more about why.
    if (!isRequestError(error)) return this.#connection?.gone.then(() => undefined);
    const { settleMs } = this.#parts.preset ?? {};
    if (settleMs !== undefined) this.#settled = sleep(settleMs, undefined, { ref: false });
    const wire = { code: error.code, message: error.message, data: error.data };
    this.#endTurn(turn, turn.cancelled ? { status: 'interrupted' } : this.#failure(wire), undefined);
  }

  #gone(exit: ProcessExit): void {
    const detail = exitDetail(exit, this.#parts.env);
    const turn = this.#turn;
    clearTimeout(this.#background);
    if (turn?.started) {
      const message = detail === undefined ? 'The agent process ended unexpectedly.' : detail;
      const crash: TurnOutcome = { status: 'error', code: 'crash', message };
      this.#endTurn(turn, turn.cancelled ? { status: 'interrupted' } : crash, undefined);
    }
    this.#requests.withdrawAll();
    this.#events.append({
      kind: 'exit',
      code: exit.code,
      signal: exit.signal,
      ...(detail === undefined ? {} : { detail }),
    });
    this.#events.end();
    // Tools the agent left behind end with it.
    void Promise.all([this.#terminals.close(), this.#connection?.close({ eofMs: 0 })]).catch(
      (error: unknown) => {
        this.#parts.log.warn({ err: error }, 'could not end what the agent left running');
      },
    );
  }

  async #choose(name: 'mode' | 'model' | 'effort', wanted: string | null): Promise<boolean> {
    const change = this.config.change(this.#sessionId, name, wanted);
    if (change === 'done') return true;
    return change === undefined ? false : this.#apply(change);
  }

  async #apply({ call, name, value }: ConfigChange): Promise<boolean> {
    if (this.#connection === undefined) return false;
    const reply = await this.#connection.request(call.method, call.params).catch((error) => {
      if (!isRequestError(error)) throw error;
      this.#parts.log.warn({ setting: name, code: error.code }, 'the agent refused a setting');
      return undefined;
    });
    if (reply === undefined) return false;
    this.config.applied(name, value);
    this.config.read(reply);
    this.#events.append(this.config.settings());
    return true;
  }

  #emit(events: readonly AgentEventBody[]): void {
    for (const event of events) this.#events.append(event);
  }
}

async function notOffered(): Promise<never> {
  throw await refusal(METHOD_NOT_FOUND, 'This ability was not offered');
}
