import type { AgentSession, ProcessIdentity, Prompt } from '../../core/agent.ts';
import type { AgentEventBody, ApprovalAnswer, ModelInfo } from '../../core/agent-event.ts';
import { AppError } from '../../core/errors.ts';
import { asId, type NativeId, type PromptId } from '../../core/ids.ts';
import type { Log } from '../../core/platform.ts';
import { record, records, text, type Wire } from '../../kit/acp/wire.ts';
import { withDeadline } from '../../kit/deadline.ts';
import { EventLog } from '../../kit/event-log.ts';
import { findMode } from '../../kit/modes.ts';
import { readNdjson } from '../../kit/ndjson.ts';
import { exitDetail } from '../../kit/process/exit-detail.ts';
import { inputClosed } from '../../kit/process/input-writer.ts';
import type { OwnedProcess } from '../../kit/process/owned-process.ts';
import { PiCommands, PiRefusal } from './commands.ts';
import { MODE_COMMAND, PROMPT_COMMAND } from './companion.ts';
import { cancelled } from './dialogs.ts';
import { findModel, modelList, modelName, type PiModel } from './models.ts';
import { MODES } from './modes.ts';
import { effortNamed } from './options.ts';
import { errorOutcome } from './outcome.ts';
import { promptMessage } from './prompt.ts';
import { RpcReader } from './rpc-reader.ts';

/** How long pi may take to answer what needs no model; it normally needs milliseconds. */
const REQUEST_MS = 15_000;
/** How long an interrupted turn may take to end before the caller should close the process. */
const INTERRUPT_MS = 8_000;
/** How long a run that seems to be over, but is not yet, is left alone. */
const LOOK_AGAIN_MS = 100;
export const COMPACT = '/compact';
/** Makes pi read what came too late for the run that it was meant for. */
const GO_ON = 'Please take my last message into account as well.';

/** One conversation in a process of `pi --mode rpc`, over any number of turns. */
export class PiSession implements AgentSession {
  readonly #child: OwnedProcess;
  readonly #clean: (text: string) => string;
  readonly #log: Log;
  readonly #events = new EventLog();
  readonly #reader = new RpcReader();
  readonly #commands: PiCommands;
  readonly #finished: Promise<void>;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #turnEnds = new Set<() => void>();
  #lookedAt = 0;
  #companion = false;
  #nativeId: NativeId | undefined;
  #firstModel: PiModel | undefined;
  #gone: AppError | undefined;

  constructor(child: OwnedProcess, clean: (text: string) => string, log: Log) {
    this.#child = child;
    this.#clean = clean;
    this.#log = log;
    this.#commands = new PiCommands((line) => child.write(line));
    this.#finished = this.#run();
  }

  /** Resolves when pi answers. Rejects with an AppError, `agent.exited` when it ends instead. */
  async start(mode: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    await withDeadline('The start of pi', timeoutMs, signal, async (abort) => {
      const [state, offered] = await Promise.all([
        this.#commands.ask({ type: 'get_state' }, abort),
        this.#commands.ask({ type: 'get_commands' }, abort),
      ]);
      const commands = records(offered.commands).map((command) => ({
        name: text(command.name) ?? '',
        description: text(command.description) ?? '',
      }));
      this.#companion = commands.some(({ name }) => name === PROMPT_COMMAND);
      if (!this.#companion) this.#log.warn({}, 'pi runs without our extension: it asks for no permission');
      const model = record(state.model);
      const [provider, modelId] = [text(model.provider), text(model.id)];
      if (provider !== undefined && modelId !== undefined) this.#firstModel = { provider, modelId };
      this.#reader.model(model);
      this.#conversation(state);
      const name = modelName(model);
      const effort = text(state.thinkingLevel);
      const own = commands.filter((command) => !command.name.startsWith('cc-connect-'));
      this.#say([
        {
          kind: 'settings',
          mode,
          commands: own,
          ...(name === undefined ? {} : { model: name }),
          ...(effort === undefined ? {} : { effort }),
        },
      ]);
    });
  }

  /** Why it is over; undefined while it runs. */
  get gone(): AppError | undefined {
    return this.#gone;
  }

  get process(): ProcessIdentity | undefined {
    const { pid, startTime } = this.#child.record;
    return startTime === undefined ? undefined : { pid, startTime };
  }

  events(fromSeq: number) {
    return this.#events.read(fromSeq);
  }

  async prompt(prompt: Prompt, signal: AbortSignal): Promise<{ readonly folded: boolean }> {
    signal.throwIfAborted();
    if (this.#gone !== undefined) throw this.#gone;
    const compaction = prompt.images.length > 0 ? undefined : compactCommand(prompt.text);
    if (compaction !== undefined) return this.#compact(prompt.id, compaction, signal);
    const message = await promptMessage(prompt);
    this.#tag(prompt.id);
    const begun = new Promise<boolean>((resolve) => this.#reader.sent(prompt.id, resolve));
    // Should pi be busy by itself, the message follows; otherwise `streamingBehavior` means nothing.
    const command = { type: 'prompt', ...message, streamingBehavior: 'followUp' };
    const answered = this.#commands.ask(command, signal).then(
      () => {
        this.#say(this.#reader.accepted(prompt.id));
        this.#look();
      },
      (error: unknown) => this.#refused(prompt.id, error),
    );
    // The turn may begin before the answer, or the answer never come because the process ends.
    const folded = await Promise.race([begun, answered.then(() => begun)]);
    answered.catch((error: unknown) =>
      this.#log.debug({ cause: String(error) }, 'no answer to a begun turn'),
    );
    return { folded };
  }

  async steer(prompt: Prompt, signal: AbortSignal): Promise<'taken' | 'too_late' | 'refused'> {
    signal.throwIfAborted();
    if (this.#gone !== undefined || !this.#reader.running) return 'too_late';
    const message = await promptMessage(prompt);
    this.#tag(prompt.id);
    try {
      await this.#request({ type: 'steer', ...message }, signal);
    } catch (error) {
      if (error instanceof PiRefusal) return 'refused';
      throw unconfirmed(error);
    }
    // What came just too late for the run is read all the same: see `left_behind`.
    if (!this.#reader.running) return 'too_late';
    this.#say(this.#reader.folded(prompt.id));
    return 'taken';
  }

  async interrupt(signal: AbortSignal): Promise<void> {
    if (this.#gone !== undefined || !this.#reader.running) return;
    const open = this.#reader.dialogs;
    this.#say(this.#reader.interrupting());
    const aborted = this.#request({ type: 'abort' }, signal, INTERRUPT_MS);
    // An extension that waits for a person would keep the run from ending.
    for (const id of open) this.#tell(cancelled(id));
    await aborted.catch((error: unknown) => this.#log.debug({ cause: String(error) }, 'pi did not abort'));
    if (await this.#turnEnd(INTERRUPT_MS, signal)) return;
    throw new AppError('agent.interrupt_ignored', 'pi did not stop the turn when asked', {
      kind: 'unavailable',
      advice: 'Close the process; the conversation can be resumed.',
    });
  }

  async answer(wireId: string, answer: ApprovalAnswer): Promise<'taken' | 'stale'> {
    const dialog = this.#reader.dialog(wireId);
    if (dialog === undefined || this.#gone !== undefined) return 'stale';
    const line = dialog.reply(answer);
    const closed = this.#reader.closed(wireId, 'answered');
    await this.#commands.tell(line);
    this.#say(closed);
    return 'taken';
  }

  /** All of it holds at once, in a running turn from its next step on. */
  async set(change: { readonly mode?: string; readonly model?: string | null; readonly effort?: string }) {
    const mode = change.mode === undefined ? undefined : findMode(MODES, change.mode);
    const effort = change.effort === undefined ? undefined : effortNamed(change.effort);
    if (this.#gone !== undefined) return false;
    if (change.mode !== undefined && (mode === undefined || !this.#companion)) return false;
    if (change.effort !== undefined && effort === undefined) return false;
    const signal = AbortSignal.timeout(REQUEST_MS);
    if (change.model !== undefined && !(await this.#setModel(change.model, signal))) return false;
    if (effort !== undefined) await this.#request({ type: 'set_thinking_level', level: effort }, signal);
    if (mode !== undefined) {
      await this.#request({ type: 'prompt', message: `/${MODE_COMMAND} ${mode.id}` }, signal);
      this.#say([{ kind: 'settings', mode: mode.id }]);
    }
    return true;
  }

  async models(signal: AbortSignal): Promise<readonly ModelInfo[]> {
    return modelList((await this.#request({ type: 'get_available_models' }, signal)).models);
  }

  async close(how: { readonly quick: boolean }, signal: AbortSignal): Promise<void> {
    // At the end of its input pi ends at once and leaves its commands running: a turn is stopped first.
    const interrupt =
      this.#reader.running && !how.quick ? { interrupt: (abort: AbortSignal) => this.interrupt(abort) } : {};
    const ladder = how.quick ? { eofMs: 300, termMs: 1_500 } : { eofMs: 3_000, termMs: 2_000 };
    await this.#child.close({ ...ladder, ...interrupt }, signal);
    await this.#finished;
  }

  // ---- output ----

  async #run(): Promise<void> {
    await readNdjson(this.#child.stdout, (line) => this.#read(line), {
      onBad: (line) => this.#log.debug({ line: this.#clean(line.slice(0, 200)) }, 'agent wrote no JSON'),
      onSkipped: (bytes) => this.#say([{ kind: 'notice', notice: { kind: 'skipped_output', bytes } }]),
    });
    const exit = await this.#child.exited;
    const detail = this.#clean(exitDetail('pi', exit));
    this.#gone = new AppError('agent.exited', detail, { kind: 'unavailable' });
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#commands.close(this.#gone);
    this.#say(this.#reader.exited({ kind: 'exit', code: exit.code, signal: exit.signal, detail }, detail));
    this.#events.end();
  }

  #read(line: Wire): void | Promise<void> {
    if (line.type === 'response') this.#commands.receive(line);
    else {
      this.#say(this.#reader.read(line));
      if (line.type === 'extension_ui_request') this.#expect(text(line.id) ?? '');
      this.#look();
    }
    return this.#events.room();
  }

  /** pi goes on without an answer after the time that the dialog names. */
  #expect(id: string): void {
    const timeoutMs = this.#reader.dialog(id)?.timeoutMs;
    if (timeoutMs === undefined) return;
    this.#later(`dialog ${id}`, timeoutMs, () => {
      this.#say(this.#reader.closed(id, 'withdrawn'));
      this.#look();
    });
  }

  /** Asks for pi's state when the turn may be over: see {@link RpcReader}. */
  #look(): void {
    const suspicion = this.#reader.suspected;
    if (suspicion === this.#lookedAt) return;
    this.#lookedAt = suspicion;
    const asked = this.#request({ type: 'get_state' }, AbortSignal.timeout(REQUEST_MS));
    asked.then(
      (state) => this.#looked(suspicion, state),
      (error: unknown) => {
        this.#log.debug({ cause: String(error) }, 'pi did not tell its state');
        if (!this.#ending(error) && this.#reader.suspects(suspicion)) this.#say(this.#reader.finish());
      },
    );
  }

  #looked(suspicion: number, state: Wire): void {
    const { verdict, events } = this.#reader.looked(suspicion, state);
    if (verdict === 'over') this.#conversation(state);
    this.#say(events);
    if (verdict === 'left_behind') this.#goOn();
    if (verdict !== 'look_again') return;
    this.#later('look', LOOK_AGAIN_MS, () => {
      this.#lookedAt = 0;
      this.#look();
    });
  }

  #goOn(): void {
    this.#request({ type: 'prompt', message: GO_ON }, AbortSignal.timeout(REQUEST_MS)).catch(
      (error: unknown) => {
        this.#log.debug({ cause: String(error) }, 'pi did not go on');
        if (!this.#ending(error)) this.#say(this.#reader.finish());
      },
    );
  }

  /** A process that takes no more input is at its end: how it ends tells how the turn did. */
  #ending(error: unknown): boolean {
    return this.#gone !== undefined || inputClosed(error);
  }

  /** A command of an extension may have changed the conversation. */
  #conversation(state: Wire): void {
    const id = text(state.sessionId);
    if (id === undefined || id === this.#nativeId) return;
    const reset = this.#nativeId !== undefined;
    this.#nativeId = asId<NativeId>(id);
    this.#say([{ kind: 'session', nativeId: this.#nativeId, ...(reset ? { reset } : {}) }]);
  }

  #say(bodies: readonly AgentEventBody[]): void {
    let ended = false;
    for (const body of bodies) {
      this.#events.append(body);
      ended ||= body.kind === 'turn_end' || body.kind === 'exit';
    }
    if (!ended) return;
    for (const tell of [...this.#turnEnds]) tell();
  }

  // ---- input ----

  /** A turn of its own: pi answers when it is done. That there is nothing to shrink is no failure. */
  async #compact(prompt: PromptId, command: { readonly type: string } & Wire, signal: AbortSignal) {
    this.#reader.sent(prompt, () => undefined);
    const answered = this.#commands.ask(command, signal).then(
      () => true,
      (error: unknown) => {
        if (this.#gone === undefined && error instanceof PiRefusal)
          this.#say(this.#reader.told(error.message));
        else this.#log.debug({ cause: String(error) }, 'pi did not say that it has compacted');
        return !this.#ending(error);
      },
    );
    this.#say(this.#reader.accepted(prompt));
    void answered.then((over) => over && this.#say(this.#reader.finish()));
    return { folded: false };
  }

  /** Tells the companion whose message comes next, for the session file. */
  #tag(prompt: PromptId): void {
    if (this.#companion) this.#tell({ type: 'prompt', message: `/${PROMPT_COMMAND} ${prompt}` });
  }

  #refused(prompt: PromptId, error: unknown): void {
    if (this.#gone !== undefined) throw this.#gone;
    if (!(error instanceof PiRefusal)) {
      this.#say(this.#reader.refused(prompt, { status: 'interrupted' }));
      throw unconfirmed(error);
    }
    const outcome = errorOutcome(error.message);
    const events = this.#reader.refused(prompt, outcome);
    this.#say(events);
    if (events.length > 0) return;
    const kind = outcome.status === 'error' && outcome.code === 'auth' ? 'auth' : 'validation';
    throw new AppError('agent.prompt_refused', `pi refused the message: ${error.message}`, {
      kind,
      cause: error,
    });
  }

  async #setModel(name: string | null, signal: AbortSignal): Promise<boolean> {
    const known = await this.#request({ type: 'get_available_models' }, signal);
    const model = name === null ? this.#firstModel : findModel(known.models, name);
    if (model === undefined) return false;
    const set = await this.#request({ type: 'set_model', ...model }, signal);
    this.#reader.model(set);
    this.#say([{ kind: 'settings', model: `${model.provider}/${model.modelId}` }]);
    return true;
  }

  #request(command: { readonly type: string } & Wire, signal: AbortSignal, ms = REQUEST_MS): Promise<Wire> {
    return withDeadline(`pi's ${command.type}`, ms, signal, (abort) => this.#commands.ask(command, abort));
  }

  #tell(line: Wire): void {
    this.#commands.tell(line).catch((error: unknown) => {
      this.#log.debug({ cause: String(error) }, 'pi took no line');
    });
  }

  /** True when the turn ended in time. */
  #turnEnd(withinMs: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#reader.running) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#turnEnds.delete(done);
        signal.removeEventListener('abort', done);
        resolve(!this.#reader.running || signal.aborted);
      };
      const timer = setTimeout(done, withinMs);
      this.#turnEnds.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #later(name: string, ms: number, then: () => void): void {
    clearTimeout(this.#timers.get(name));
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      if (this.#gone === undefined) then();
    }, ms);
    this.#timers.set(name, timer);
  }
}

function compactCommand(said: string): ({ readonly type: string } & Wire) | undefined {
  const [command, ...words] = said.trim().split(/\s+/);
  if (command !== COMPACT) return undefined;
  return words.length === 0 ? { type: 'compact' } : { type: 'compact', customInstructions: words.join(' ') };
}

function unconfirmed(cause: unknown): unknown {
  if (inputClosed(cause)) return cause;
  return new AppError('agent.prompt_unconfirmed', 'pi has not confirmed the message', {
    kind: 'ambiguous',
    cause,
  });
}
