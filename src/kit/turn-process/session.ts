import type { AgentMode, AgentSession, ProcessIdentity, Prompt } from '../../core/agent.ts';
import type { AgentEventBody, ApprovalAnswer, ModelInfo } from '../../core/agent-event.ts';
import { AppError, describeError } from '../../core/errors.ts';
import { EventLog } from '../event-log.ts';
import { findMode } from '../modes.ts';
import { exitDetail } from '../process/exit-detail.ts';
import { sendSignal } from '../process/kill-tree.ts';
import { type OwnedProcess, type ProcessExit, startProcess } from '../process/owned-process.ts';
import { runProgram } from '../process/run-program.ts';
import { readOutput } from './read-output.ts';
import type { TurnCommand, TurnProcessSpec, TurnSettings, Verdict } from './spec.ts';

/** Why a turn was cut off by us. */
type Cut = 'interrupted' | 'limit';

/** A conversation whose every turn is a process of its own, which ends with it. */
export class TurnProcessSession<M extends AgentMode = AgentMode> implements AgentSession {
  readonly #spec: TurnProcessSpec<M>;
  readonly #events = new EventLog();
  #settings: TurnSettings<M>;
  #models: readonly ModelInfo[] | undefined;
  #starting: Promise<OwnedProcess> | undefined;
  #child: OwnedProcess | undefined;
  /** The process of the last turn and all it left are gone. */
  #idle: Promise<void> = Promise.resolve();
  #cut: Cut | undefined;
  #gone: AppError | undefined;
  #closed = false;

  private constructor(spec: TurnProcessSpec<M>) {
    this.#spec = spec;
    this.#settings = spec.settings;
    const { resume } = spec.session;
    if (resume !== undefined) this.#events.append({ kind: 'session', nativeId: resume });
    this.#events.append({ kind: 'settings', mode: spec.settings.mode.id });
    spec.desk?.open((body) => {
      if (spec.reader.running) this.#events.append(body);
      return spec.reader.running;
    });
  }

  /** Makes sure that the program runs; no turn is begun. Rejects `agent.start_failed` or as {@link startProcess}. */
  static async open<M extends AgentMode>(
    spec: TurnProcessSpec<M>,
    signal: AbortSignal,
  ): Promise<TurnProcessSession<M>> {
    await probe(spec, signal);
    return new TurnProcessSession(spec);
  }

  get process(): ProcessIdentity | undefined {
    const record = this.#child?.record;
    return record?.startTime === undefined ? undefined : { pid: record.pid, startTime: record.startTime };
  }

  events(fromSeq: number) {
    return this.#events.read(fromSeq);
  }

  /** Resolves when the turn has begun, by the program's own account. */
  async prompt(prompt: Prompt, signal: AbortSignal): Promise<{ readonly folded: boolean }> {
    signal.throwIfAborted();
    await this.#idle;
    if (this.#gone !== undefined) throw this.#gone;
    const { reader, journal } = this.#spec;
    const command = await this.#spec.turn(prompt, this.#settings, reader.nativeId);
    await journal?.note(prompt.id, reader.nativeId, prompt.text);
    const child = await this.#start(command);
    const begun = new Promise<void>((resolve, reject) => {
      const told = (bodies: readonly AgentEventBody[]) => {
        this.#say(bodies);
        if (bodies.some(({ kind }) => kind === 'turn_start')) resolve();
      };
      told(reader.sent(prompt.id));
      this.#idle = this.#run(child, told, reject);
    });
    begun.catch(() => undefined);
    const abort = () => void child.close({ eofMs: 0, termMs: 1_000 });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      await this.#hand(child, command.input);
      await begun;
      return { folded: false };
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Such programs know no other way than a signal; the conversation up to here is kept on disk. */
  async interrupt(signal: AbortSignal): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.#spec.reader.running) return;
    await this.#cutOff(child, 'interrupted', signal);
    await this.#idle;
  }

  answer(wireId: string, answer: ApprovalAnswer): Promise<'taken' | 'stale'> {
    return Promise.resolve(this.#spec.desk?.answer(wireId, answer) ?? 'stale');
  }

  /** Every turn is a new process, so all of it holds from the next one on. */
  set(change: { readonly mode?: string; readonly model?: string | null; readonly effort?: string }) {
    const { modes, settings } = this.#spec;
    const mode = change.mode === undefined ? this.#settings.mode : findMode(modes, change.mode);
    if (mode === undefined || this.#gone !== undefined) return Promise.resolve(false);
    const model = change.model === undefined ? this.#settings.model : (change.model ?? settings.model);
    const effort = change.effort ?? this.#settings.effort;
    this.#settings = { mode, model, effort };
    this.#say([
      {
        kind: 'settings',
        mode: mode.id,
        ...(model === undefined ? {} : { model }),
        ...(effort === undefined ? {} : { effort }),
      },
    ]);
    return Promise.resolve(true);
  }

  /** None when the program could not tell: a model can be chosen by its name all the same. */
  async models(signal: AbortSignal): Promise<readonly ModelInfo[]> {
    const { models, clean, log } = this.#spec;
    this.#models ??= await models?.(signal).catch((error: unknown) => {
      log.warn({ error: clean(describeError(error)) }, 'the agent told no models');
      return undefined;
    });
    return this.#models ?? [];
  }

  async close(how: { readonly quick: boolean }, signal: AbortSignal): Promise<void> {
    this.#closed = true;
    this.#gone ??= new AppError('agent.exited', 'The session was closed', { kind: 'unavailable' });
    // A failure to start is told to whoever prompted.
    const child = this.#child ?? (await this.#starting?.catch(() => undefined));
    // They read their input to the end before they begin, so the end of input does not stop them.
    await child?.close({ eofMs: 0, termMs: how.quick ? 1_000 : 2_000 }, signal);
    await this.#idle;
    await this.#spec.desk?.close();
    this.#exit({ kind: 'exit', code: 0, signal: null });
  }

  async #start(command: TurnCommand): Promise<OwnedProcess> {
    const { session, env, clean, log, onStderrLine, command: program, args } = this.#spec;
    this.#starting = startProcess({
      command: program,
      args: [...args, ...command.args],
      cwd: session.workDir,
      env: { ...env, ...command.env },
      marker: session.marker,
      onStderrLine: (line) => {
        log.debug({ line: clean(line) }, 'agent stderr');
        onStderrLine?.(line);
      },
    });
    const child = await this.#starting.finally(() => {
      this.#starting = undefined;
    });
    if (this.#gone !== undefined) {
      await child.close({ eofMs: 0, termMs: 0 });
      throw this.#gone;
    }
    this.#child = child;
    return child;
  }

  async #hand(child: OwnedProcess, input: string): Promise<void> {
    await child.write(input).then(
      () => child.endInput(),
      // A program that ended before it read says why on stderr, which ends the waiting for the turn.
      (cause: unknown) => this.#spec.log.debug({ cause: String(cause) }, 'agent took no prompt'),
    );
  }

  async #run(
    child: OwnedProcess,
    told: (bodies: readonly AgentEventBody[]) => void,
    failed: (error: unknown) => void,
  ): Promise<void> {
    const { reader, limitMs } = this.#spec;
    const limit =
      limitMs === undefined ? undefined : setTimeout(() => void this.#cutOff(child, 'limit'), limitMs);
    const exit = await this.#readToEnd(child, told);
    clearTimeout(limit);
    const end = { exit, detail: this.#detail(exit) };
    const wasRunning = reader.running;
    const late = this.#cut === 'limit';
    const { outcome, fatal } = this.#verdict(end);
    failed(late ? this.#tooLong() : (this.#spec.startError?.(end) ?? startFailed(end.detail)));
    this.#say(reader.ended(outcome));
    // Also after a good end: only this ends the commands that it left running.
    await child.close({ eofMs: 0, termMs: 500 });
    this.#child = undefined;
    if (!wasRunning || fatal !== true || this.#closed) return;
    this.#gone = new AppError('agent.exited', end.detail, { kind: 'unavailable' });
    this.#exit({ kind: 'exit', code: exit.code, signal: exit.signal, detail: end.detail });
  }

  /** Reads all output; a process that does not end after its turn is ended. */
  async #readToEnd(
    child: OwnedProcess,
    told: (bodies: readonly AgentEventBody[]) => void,
  ): Promise<ProcessExit> {
    const { reader, clean, log, lingerMs } = this.#spec;
    let linger: NodeJS.Timeout | undefined;
    await readOutput(this.#spec, child, {
      onEvents: (bodies) => {
        told(bodies);
        if (linger === undefined && bodies.some(({ kind }) => kind === 'turn_end'))
          linger = setTimeout(() => void child.close({ eofMs: 0, termMs: 1_000 }), lingerMs ?? 10_000);
        return this.#events.room();
      },
      onBad: (line) => log.debug({ line: clean(line.slice(0, 200)) }, 'agent wrote no JSON'),
      onSkipped: (bytes) => {
        if (reader.running) told([{ kind: 'notice', notice: { kind: 'skipped_output', bytes } }]);
      },
    });
    const exit = await child.exited;
    clearTimeout(linger);
    return exit;
  }

  #verdict(end: { readonly exit: ProcessExit; readonly detail: string }): Verdict {
    const cut = this.#cut;
    this.#cut = undefined;
    if (cut === 'interrupted') return { outcome: { status: 'interrupted' } };
    if (cut === 'limit')
      return { outcome: { status: 'error', message: this.#tooLong().message, code: 'other' } };
    const crash: Verdict = { outcome: { status: 'error', message: end.detail, code: 'crash' }, fatal: true };
    return this.#spec.judge?.(end) ?? crash;
  }

  #tooLong(): AppError {
    const minutes = Math.round((this.#spec.limitMs ?? 0) / 6_000) / 10;
    return new AppError('agent.timeout', `The turn was stopped: it took longer than ${minutes} min`);
  }

  async #cutOff(child: OwnedProcess, why: Cut, signal?: AbortSignal): Promise<void> {
    const { interruptSignal = 'SIGTERM', interruptMs = 2_000 } = this.#spec;
    this.#cut ??= why;
    if (interruptSignal === 'SIGTERM') {
      await child.close({ eofMs: 0, termMs: interruptMs }, signal);
      return;
    }
    const interrupt = async () => {
      sendSignal(child.pid, interruptSignal);
      await child.exited;
    };
    await child.close({ interrupt, interruptMs, eofMs: 0, termMs: 1_000 }, signal);
  }

  #detail(exit: ProcessExit): string {
    return this.#spec.clean(exitDetail(this.#spec.label, exit, this.#spec.noise));
  }

  #exit(exit: Extract<AgentEventBody, { kind: 'exit' }>): void {
    if (this.#events.ended) return;
    this.#events.append(exit);
    this.#events.end();
  }

  #say(bodies: readonly AgentEventBody[]): void {
    for (const body of bodies) {
      // Nobody waits for an answer any more.
      if (body.kind === 'turn_end')
        for (const gone of this.#spec.desk?.withdraw() ?? []) this.#events.append(gone);
      this.#events.append(body);
    }
  }
}

/** Runs the program once, so that a missing or broken one is told when the session opens. */
async function probe(spec: TurnProcessSpec, signal: AbortSignal): Promise<void> {
  const { command, args, session, env, clean, label, noise } = spec;
  const program = {
    command,
    args: [...args, ...(spec.probe ?? ['--version'])],
    cwd: session.workDir,
    env,
    marker: session.marker,
  };
  const run = await runProgram(program, signal, { timeoutMs: 60_000, maxBytes: 64 * 1024 });
  if (run.code === 0) return;
  throw startFailed(clean(exitDetail(label, run, noise)));
}

function startFailed(detail: string): AppError {
  return new AppError('agent.start_failed', detail, { kind: 'unavailable' });
}
