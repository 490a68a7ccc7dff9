import type { AgentSession, ProcessIdentity, Prompt, SessionSpec } from '../../core/agent.ts';
import type { AgentEventBody } from '../../core/agent-event.ts';
import { AppError } from '../../core/errors.ts';
import type { NativeId } from '../../core/ids.ts';
import type { Log } from '../../core/platform.ts';
import { EventLog } from '../../kit/event-log.ts';
import { readNdjson } from '../../kit/ndjson.ts';
import { type OwnedProcess, startProcess } from '../../kit/process/owned-process.ts';
import { execArguments } from './exec-argv.ts';
import { ExecReader } from './exec-events.ts';
import { exitDetail } from './link.ts';
import { type Effective, modeNamed } from './modes.ts';
import type { CodexOptions } from './options.ts';
import { promptParts } from './prompt.ts';
import { findRollout } from './rollouts.ts';

export interface ExecSpec {
  readonly options: CodexOptions;
  readonly spec: SessionSpec;
  readonly effective: Effective;
  readonly env: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
  readonly clean: (text: string) => string;
  readonly log: Log;
}

/** A conversation of `codex exec`: a process for every turn, which ends with it. */
export class ExecSession implements AgentSession {
  readonly #spec: ExecSpec;
  readonly #events = new EventLog();
  readonly #reader: ExecReader;
  readonly #firstModel: string | undefined;
  #effective: Effective;
  #child: OwnedProcess | undefined;
  /** The process of the last turn and all it left are gone. */
  #idle: Promise<void> = Promise.resolve();
  #interrupting = false;
  #gone: AppError | undefined;
  #closed = false;

  private constructor(spec: ExecSpec) {
    this.#spec = spec;
    this.#effective = spec.effective;
    this.#firstModel = spec.effective.model;
    this.#reader = new ExecReader(spec.spec.resume);
    const { resume } = spec.spec;
    if (resume !== undefined) this.#events.append({ kind: 'session', nativeId: resume });
    this.#events.append({ kind: 'settings', mode: spec.effective.mode.id });
  }

  /** Makes sure that the program runs and the conversation is there; no turn is begun. */
  static async open(spec: ExecSpec, signal: AbortSignal): Promise<ExecSession> {
    const { resume } = spec.spec;
    if (resume !== undefined && (await findRollout(spec.env, resume)) === undefined)
      throw resumeFailed(resume);
    await probe(spec, signal);
    return new ExecSession(spec);
  }

  get process(): ProcessIdentity | undefined {
    const record = this.#child?.record;
    return record?.startTime === undefined ? undefined : { pid: record.pid, startTime: record.startTime };
  }

  events(fromSeq: number) {
    return this.#events.read(fromSeq);
  }

  async prompt(prompt: Prompt, signal: AbortSignal): Promise<{ readonly folded: boolean }> {
    signal.throwIfAborted();
    await this.#idle;
    if (this.#gone !== undefined) throw this.#gone;
    const { text, images } = promptParts(prompt);
    const child = await this.#spawn(images);
    this.#child = child;
    this.#reader.sent(prompt.id);
    const begun = new Promise<void>((resolve, reject) => {
      this.#idle = this.#run(child, resolve, reject);
    });
    begun.catch(() => undefined);
    const abort = () => void child.close({ eofMs: 0, termMs: 1_000 });
    signal.addEventListener('abort', abort, { once: true });
    try {
      await child.write(text).then(
        () => child.endInput(),
        // A program that ended before it read says why on stderr, which `begun` rejects with.
        (cause: unknown) => this.#spec.log.debug({ cause: String(cause) }, 'agent took no prompt'),
      );
      await begun;
      return { folded: false };
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** The program knows no other way than a signal; the conversation up to here is kept on disk. */
  async interrupt(signal: AbortSignal): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.#reader.running) return;
    this.#interrupting = true;
    await child.close({ eofMs: 0, termMs: 2_000 }, signal);
    await this.#idle;
  }

  answer(): Promise<'stale'> {
    return Promise.resolve('stale');
  }

  /** Every turn is a new process, so all of it holds from the next one on. */
  set(change: { readonly mode?: string; readonly model?: string | null; readonly effort?: string }) {
    const mode = change.mode === undefined ? this.#effective.mode : modeNamed(change.mode);
    if (mode === undefined || this.#gone !== undefined) return Promise.resolve(false);
    const model = change.model === undefined ? this.#effective.model : (change.model ?? this.#firstModel);
    const effort = change.effort ?? this.#effective.effort;
    this.#effective = { mode, model, effort };
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

  async close(how: { readonly quick: boolean }, signal: AbortSignal): Promise<void> {
    this.#closed = true;
    this.#gone ??= new AppError('agent.exited', 'The session was closed', { kind: 'unavailable' });
    // It reads its input to the end before it begins, so the end of input does not stop it.
    await this.#child?.close({ eofMs: 0, termMs: how.quick ? 1_000 : 2_000 }, signal);
    await this.#idle;
    this.#exit({ kind: 'exit', code: 0, signal: null });
  }

  async #run(child: OwnedProcess, begun: () => void, failed: (error: unknown) => void): Promise<void> {
    const { clean, log } = this.#spec;
    await readNdjson(
      child.stdout,
      (line) => {
        this.#say(this.#reader.read(line));
        if (this.#reader.running) begun();
        return this.#events.room();
      },
      {
        onBad: (line) => log.debug({ line: clean(line.slice(0, 200)) }, 'agent wrote no JSON'),
        onSkipped: (bytes) => this.#say([{ kind: 'notice', notice: { kind: 'skipped_output', bytes } }]),
      },
    );
    const exit = await child.exited;
    const detail = clean(exitDetail(exit.code, exit.signal, exit.stderrTail));
    failed(new AppError('agent.start_failed', detail, { kind: 'unavailable' }));
    const wasRunning = this.#reader.running;
    const interrupted = this.#interrupting;
    this.#interrupting = false;
    this.#say(
      this.#reader.ended(
        interrupted ? { status: 'interrupted' } : { status: 'error', message: detail, code: 'crash' },
      ),
    );
    // Also after a good end: only this ends the commands that it left running.
    await child.close({ eofMs: 0, termMs: 500 });
    this.#child = undefined;
    if (!wasRunning || interrupted || this.#closed) return;
    this.#gone = new AppError('agent.exited', detail, { kind: 'unavailable' });
    this.#exit({ kind: 'exit', code: exit.code, signal: exit.signal, detail });
  }

  #spawn(images: readonly string[]): Promise<OwnedProcess> {
    const { options, spec, env, flags, clean, log } = this.#spec;
    return startProcess({
      command: options.command,
      args: [...options.args, ...execArguments(flags, this.#effective, this.#reader.thread, images)],
      cwd: spec.workDir,
      env,
      marker: spec.marker,
      onStderrLine: (line) => log.debug({ line: clean(line) }, 'agent stderr'),
    });
  }

  #exit(exit: Extract<AgentEventBody, { kind: 'exit' }>): void {
    if (this.#events.ended) return;
    this.#events.append(exit);
    this.#events.end();
  }

  #say(bodies: readonly AgentEventBody[]): void {
    for (const body of bodies) this.#events.append(body);
  }
}

/** Runs the program once, so that a missing or broken one is told when the session opens. */
async function probe({ options, spec, env, clean }: ExecSpec, signal: AbortSignal): Promise<void> {
  const child = await startProcess({
    command: options.command,
    args: [...options.args, '--version'],
    cwd: spec.workDir,
    env,
    marker: spec.marker,
  });
  const abort = () => void child.close({ eofMs: 0, termMs: 0 }, AbortSignal.abort());
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  child.endInput();
  for await (const _ of child.stdout);
  const exit = await child.exited;
  signal.removeEventListener('abort', abort);
  await child.close({ eofMs: 0, termMs: 0 });
  signal.throwIfAborted();
  if (exit.code === 0) return;
  const detail = clean(exitDetail(exit.code, exit.signal, exit.stderrTail));
  throw new AppError('agent.start_failed', detail, { kind: 'unavailable' });
}

function resumeFailed(resume: NativeId): AppError {
  return new AppError('resume_failed', `Codex cannot resume the conversation ${resume}`, {
    kind: 'not_found',
    advice: 'A new conversation is started.',
  });
}
