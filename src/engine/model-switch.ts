import { randomUUID } from 'node:crypto';
import { AppError, describeError } from '../core/errors.ts';
import { runProgram } from '../kit/process/run-program.ts';

/** An external program that makes a model available before an agent is asked for it. */
export interface ModelSwitchSettings {
  /** Program and arguments, with `{model}`, `{agent}` and `{provider}`; no shell. */
  readonly command: readonly string[];
  readonly timeoutMs: number;
  /** A failure ends the turn; otherwise it is a warning. */
  readonly strict: boolean;
  /** It changes files that agents read when they start: one switch at a time, until that agent has its prompt. */
  readonly editsSharedConfig: boolean;
}

export interface SwitchTo {
  readonly model: string;
  readonly agent: string;
  readonly provider: string;
}

export interface SwitchRequest {
  readonly settings: ModelSwitchSettings;
  readonly to: SwitchTo;
  /** Where the program runs and what it inherits. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** A failure that does not end the turn. */
  warn(error: Error): void;
}

/** Runs the switchers of all projects: again only when something else is wanted than the last time. */
export class ModelSwitch {
  private line: Promise<unknown> = Promise.resolve();
  /** What the last run with success was for, by what it would change. */
  private readonly last = new Map<string, string>();

  /** Switches, then does `work`. Rejects with `model_switch_failed` when a strict switch fails. */
  async around<T>(request: SwitchRequest, work: () => Promise<T>): Promise<T> {
    if (!request.settings.editsSharedConfig) {
      await this.to(request, `${request.to.agent}\n${request.settings.command.join('\n')}`);
      return work();
    }
    const before = this.line;
    let leave = () => {};
    const mine = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.line = Promise.all([before, mine]);
    try {
      await unlessAborted(before, request.signal);
      await this.to(request, 'shared');
      return await work();
    } finally {
      leave();
    }
  }

  private async to(request: SwitchRequest, what: string): Promise<void> {
    const { settings, to } = request;
    const argv = settings.command.map((word) => filled(word, to));
    const wanted = argv.join('\n');
    if (this.last.get(what) === wanted) return;
    this.last.delete(what);
    try {
      await run(argv, request);
      this.last.set(what, wanted);
    } catch (error) {
      request.signal.throwIfAborted();
      const failed = new AppError(
        'model_switch_failed',
        `switching to the model ${to.model} failed: ${describeError(error)}`,
        { kind: 'unavailable', cause: error },
      );
      if (settings.strict) throw failed;
      request.warn(failed);
    }
  }
}

async function run(argv: readonly string[], { settings, cwd, env, signal }: SwitchRequest): Promise<void> {
  const [command = '', ...args] = argv;
  const spec = { command, args, cwd, env, marker: `switch-${randomUUID()}` };
  const done = await runProgram(spec, signal, { timeoutMs: settings.timeoutMs, maxBytes: 64 * 1024 });
  if (done.code === 0) return;
  const said = done.stderrTail.trim().split('\n').at(-1)?.slice(0, 200);
  throw new AppError('model_switch_exit', said || `exit code ${done.code}`);
}

/** One pass, so that what a value contains is never filled in again. */
function filled(word: string, to: SwitchTo): string {
  return word.replace(/\{(model|agent|provider)\}/g, (_, name: keyof SwitchTo) => to[name]);
}

function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    void work.then(resolve, resolve).finally(() => signal.removeEventListener('abort', stop));
  });
}
