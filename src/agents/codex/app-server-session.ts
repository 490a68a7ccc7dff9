import type { AgentSession, ProcessIdentity, Prompt } from '../../core/agent.ts';
import type { AgentEventBody, ApprovalAnswer, ModelInfo } from '../../core/agent-event.ts';
import { AppError } from '../../core/errors.ts';
import { asId, type NativeId } from '../../core/ids.ts';
import type { Log } from '../../core/platform.ts';
import { record, text, type Wire } from '../../kit/acp/wire.ts';
import { withDeadline } from '../../kit/deadline.ts';
import { EventLog } from '../../kit/event-log.ts';
import { RpcError, RpcPeer } from '../../kit/jsonrpc.ts';
import { findMode } from '../../kit/modes.ts';
import { readNdjson } from '../../kit/ndjson.ts';
import { inputClosed } from '../../kit/process/input-writer.ts';
import { version } from '../../kit/version.ts';
import { type OpenApproval, readApproval } from './approvals.ts';
import { EventReader } from './events.ts';
import type { Link } from './link.ts';
import { listModels } from './models.ts';
import { MODES } from './modes.ts';
import { promptInput } from './prompt.ts';
import { resumeThread } from './resume.ts';
import { type Settings, ThreadSettings, type ThreadSpec } from './thread-settings.ts';

/** How long the server may take to answer; it normally needs milliseconds. */
const REQUEST_MS = 15_000;
/** How long an interrupted turn may take to end before the caller should close the process. */
const INTERRUPT_MS = 5_000;
/** An interrupt before its turn has begun is refused, so it is repeated. */
const INTERRUPT_EVERY_MS = 100;
/** Notifications that say nothing new; the first repeats the whole diff of the turn each time. */
const UNWANTED = ['turn/diff/updated', 'thread/started', 'thread/readState/changed'];

const METHOD_NOT_FOUND = -32601;
export const COMPACT = '/compact';

/** One conversation on an app-server, over any number of turns. */
export class AppServerSession implements AgentSession {
  readonly #link: Link;
  readonly #log: Log;
  readonly #redact: (text: string) => string;
  readonly #events = new EventLog();
  readonly #reader = new EventReader();
  readonly #peer: RpcPeer;
  readonly #approvals = new Map<string, { readonly id: string | number; readonly open: OpenApproval }>();
  readonly #turnEnds = new Set<() => void>();
  readonly #finished: Promise<void>;
  #settings = new ThreadSettings({});
  #thread: NativeId | undefined;
  #gone: AppError | undefined;

  constructor(link: Link, redact: (text: string) => string, log: Log) {
    this.#link = link;
    this.#redact = redact;
    this.#log = log;
    this.#peer = new RpcPeer((line) => link.write(line), {
      requests: {},
      onNotification: (method, params) => this.#notified(method, record(params)),
    });
    this.#finished = this.#run();
  }

  /** Shakes hands and starts or resumes the thread. Rejects with an AppError. */
  async start(spec: ThreadSpec, timeoutMs: number, signal: AbortSignal): Promise<void> {
    await withDeadline('The start of Codex', timeoutMs, signal, async (abort) => {
      const clientInfo = { name: 'cc-connect', title: 'cc-connect', version };
      const capabilities = { experimentalApi: true, optOutNotificationMethods: UNWANTED };
      await this.#peer.request('initialize', { clientInfo, capabilities }, abort);
      await this.#peer.notify('initialized', {});
      const thread = await this.#openThread(spec, abort);
      const id = text(record(thread.thread).id) ?? '';
      this.#thread = asId<NativeId>(id);
      this.#reader.thread = id;
      this.#settings = new ThreadSettings(thread);
      this.#say([{ kind: 'session', nativeId: this.#thread }, this.#settings.event(spec.mode)]);
    });
  }

  /** Why it is over; undefined while it runs. */
  get gone(): AppError | undefined {
    return this.#gone;
  }

  get process(): ProcessIdentity | undefined {
    return this.#link.identity;
  }

  events(fromSeq: number) {
    return this.#events.read(fromSeq);
  }

  async prompt(prompt: Prompt, signal: AbortSignal): Promise<{ readonly folded: boolean }> {
    signal.throwIfAborted();
    if (this.#gone !== undefined) throw this.#gone;
    const { turns } = this.#reader;
    const begun = new Promise<boolean>((resolve) => turns.sent(prompt.id, resolve));
    const replied = this.#startTurn(prompt, signal).then(
      (turnId) => this.#say(turns.replied(prompt.id, turnId)),
      (error: unknown) => {
        turns.dropped(prompt.id);
        throw error;
      },
    );
    // The turn may begin before the reply is read, or the reply never come because the process ends.
    const folded = await Promise.race([begun, replied.then(() => begun)]).catch((error: unknown) => {
      throw error instanceof RpcError ? refused(error) : unconfirmed(error);
    });
    replied.catch((error: unknown) => this.#log.debug({ cause: String(error) }, 'no reply to a begun turn'));
    return { folded };
  }

  async steer(prompt: Prompt, signal: AbortSignal): Promise<'taken' | 'too_late' | 'refused'> {
    signal.throwIfAborted();
    const { turns } = this.#reader;
    const expectedTurnId = turns.turnId;
    if (this.#gone !== undefined || !turns.running || expectedTurnId === undefined) return 'too_late';
    turns.steering(prompt.id);
    try {
      const ids = { threadId: this.#thread, expectedTurnId, clientUserMessageId: prompt.id };
      await this.#peer.request('turn/steer', { ...ids, input: promptInput(prompt) }, signal);
    } catch (error) {
      turns.notSteered(prompt.id);
      if (!(error instanceof RpcError)) throw unconfirmed(error);
      return /no active turn|expected/i.test(error.message) ? 'too_late' : 'refused';
    }
    const { taken, events } = turns.steered(prompt.id);
    this.#say(events);
    return taken ? 'taken' : 'too_late';
  }

  async interrupt(signal: AbortSignal): Promise<void> {
    const { turns } = this.#reader;
    const asked = turns.turnId;
    const isPending = () => asked !== undefined && turns.turnId === asked;
    const deadline = performance.now() + INTERRUPT_MS;
    while (isPending() && this.#gone === undefined) {
      const left = deadline - performance.now();
      if (left <= 0) throw interruptIgnored();
      const taken = await this.#request(
        'turn/interrupt',
        { threadId: this.#thread, turnId: asked },
        left,
        signal,
      ).then(
        () => true,
        (error: unknown) => {
          if (error instanceof RpcError || this.#gone !== undefined) return false;
          throw error;
        },
      );
      if (isPending()) await this.#turnEnd(taken ? left : INTERRUPT_EVERY_MS, signal);
    }
  }

  async answer(wireId: string, answer: ApprovalAnswer): Promise<'taken' | 'stale'> {
    const waiting = this.#approvals.get(wireId);
    if (waiting === undefined || this.#gone !== undefined) return 'stale';
    this.#approvals.delete(wireId);
    this.#reader.answered(wireId);
    await this.#respond(waiting.id, { result: waiting.open.reply(answer) });
    return 'taken';
  }

  /** Holds from the next turn on. */
  async set(change: { readonly mode?: string; readonly model?: string | null; readonly effort?: string }) {
    const mode = change.mode === undefined ? undefined : findMode(MODES, change.mode);
    if (this.#gone !== undefined || (change.mode !== undefined && mode === undefined)) return false;
    const settings: Settings = {
      ...(mode === undefined ? {} : { mode }),
      ...(change.model === undefined ? {} : { model: change.model }),
      ...(change.effort === undefined ? {} : { effort: change.effort }),
    };
    if (!this.#settings.change(settings)) return false;
    this.#say([this.#settings.event(mode?.id)]);
    return true;
  }

  models(signal: AbortSignal): Promise<readonly ModelInfo[]> {
    return listModels((params) => this.#request('model/list', params, REQUEST_MS, signal));
  }

  async close(how: { readonly quick: boolean }, signal: AbortSignal): Promise<void> {
    const running = this.#reader.turns.turnId !== undefined && !how.quick;
    const interrupt = running ? (abort: AbortSignal) => this.interrupt(abort) : undefined;
    await this.#link.close(how, interrupt, signal);
    await this.#finished;
  }

  // ---- output ----

  async #run(): Promise<void> {
    await readNdjson(this.#link.output, (line) => this.#read(line), {
      onBad: (line) => this.#log.debug({ line: this.#redact(line.slice(0, 200)) }, 'agent wrote no JSON'),
      onSkipped: (bytes) => this.#say([{ kind: 'notice', notice: { kind: 'skipped_output', bytes } }]),
    });
    const end = await this.#link.ended;
    const detail = this.#redact(end.detail);
    this.#gone = new AppError('agent.exited', detail, { kind: 'unavailable' });
    this.#approvals.clear();
    this.#peer.close(this.#gone);
    this.#say(this.#reader.exited({ kind: 'exit', code: end.code, signal: end.signal, detail }, detail));
    this.#events.end();
  }

  #read(line: Wire): void | Promise<void> {
    const { id, method } = line;
    // Ids of the server's requests begin at 0 and are its own: they say nothing about ours.
    if (typeof method === 'string' && (typeof id === 'string' || typeof id === 'number')) {
      this.#asked(id, method, record(line.params));
    } else this.#peer.receive(line);
    return this.#events.room();
  }

  #notified(method: string, params: Wire): void {
    if (method === 'serverRequest/resolved') {
      const wireId = String(params.requestId);
      this.#approvals.delete(wireId);
      this.#say(this.#reader.withdrawn(wireId));
    } else this.#say(this.#reader.read(method, params));
  }

  #asked(id: string | number, method: string, params: Wire): void {
    const wireId = String(id);
    const open = readApproval(method, params, this.#reader.item(text(params.itemId) ?? ''));
    if (open === undefined) {
      // Left unanswered it would hold the turn for ever.
      const error = { code: METHOD_NOT_FOUND, message: `Not supported: ${method}` };
      this.#respond(id, { error }).catch((cause: unknown) => this.#unwritten(cause));
      return;
    }
    this.#approvals.set(wireId, { id, open });
    this.#say(this.#reader.asked(text(params.turnId), { kind: 'approval', wireId, request: open.request }));
  }

  #say(bodies: readonly AgentEventBody[]): void {
    let ended = false;
    for (const body of bodies) {
      this.#events.append(body);
      if (body.kind === 'approval_withdrawn') this.#approvals.delete(body.wireId);
      ended ||= body.kind === 'turn_end' || body.kind === 'exit';
    }
    if (!ended) return;
    for (const tell of [...this.#turnEnds]) tell();
  }

  // ---- input ----

  async #openThread(spec: ThreadSpec, signal: AbortSignal): Promise<Wire> {
    if (spec.resume === undefined)
      return record(await this.#peer.request('thread/start', spec.params, signal));
    return resumeThread(this.#peer, spec.resume, spec.params, signal);
  }

  /** Resolves with the turn's id; a compaction does not tell it. */
  async #startTurn(prompt: Prompt, signal: AbortSignal): Promise<string | undefined> {
    const threadId = this.#thread;
    if (prompt.text.trim() === COMPACT && prompt.images.length === 0) {
      await this.#peer.request('thread/compact/start', { threadId }, signal);
      return undefined;
    }
    const { pending } = this.#settings;
    const input = promptInput(prompt);
    const params = { threadId, clientUserMessageId: prompt.id, input, ...pending };
    const reply = record(await this.#peer.request('turn/start', params, signal));
    this.#settings.given(pending);
    return text(record(reply.turn).id);
  }

  async #request(method: string, params: object, ms: number, signal: AbortSignal): Promise<Wire> {
    const ask = (abort: AbortSignal) => this.#peer.request(method, params, abort);
    return record(await withDeadline(method, ms, signal, ask));
  }

  #respond(id: string | number, answer: object): Promise<void> {
    return this.#link.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`);
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

function interruptIgnored(): AppError {
  return new AppError('agent.interrupt_ignored', 'Codex did not stop the turn when asked', {
    kind: 'unavailable',
    advice: 'Close the process; the conversation can be resumed.',
  });
}

function refused(error: RpcError): AppError {
  return new AppError('agent.prompt_refused', `Codex refused the message: ${error.message}`, {
    kind: 'validation',
    cause: error,
  });
}

function unconfirmed(cause: unknown): AppError {
  if (inputClosed(cause)) return cause;
  return new AppError('agent.prompt_unconfirmed', 'Codex has not confirmed the message', {
    kind: 'ambiguous',
    cause,
  });
}
