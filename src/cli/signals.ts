import { describeError } from '../core/errors.ts';
import type { RunningDaemon } from '../servers/local/daemon.ts';
import type { Io } from './io.ts';

const stopWithinMs = 10_000;

/**
 * The process's signals, caught from the first moment on: TERM and INT stop the daemon within 10 s (also one that is
 * still starting), the second one ends the process at once, HUP reloads.
 */
export class Signals {
  readonly #io: Io;
  #daemon: RunningDaemon | undefined;
  #stopping: NodeJS.Signals | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #code = 0;
  /** HUP came before there was anything to reload. */
  #reloadWanted = false;

  constructor(io: Io) {
    this.#io = io;
    process.on('SIGTERM', this.#onStop);
    process.on('SIGINT', this.#onStop);
    process.on('SIGHUP', this.#onReload);
  }

  /** From now on signals reach this daemon. Resolves with the exit code when it has ended, whoever asked for it. */
  async serve(daemon: RunningDaemon): Promise<number> {
    this.#daemon = daemon;
    if (this.#stopping) this.#stop(daemon, this.#stopping);
    else if (this.#reloadWanted) this.#onReload();
    const failure = await daemon.ended;
    if (failure === undefined) return this.#code;
    this.#io.err(`Error: ${describeError(failure)}`);
    return 1;
  }

  /** Gives the signals back to their usual meaning. */
  release(): void {
    clearTimeout(this.#deadline);
    process.off('SIGTERM', this.#onStop);
    process.off('SIGINT', this.#onStop);
    process.off('SIGHUP', this.#onReload);
  }

  readonly #onStop = (name: NodeJS.Signals): void => {
    if (this.#stopping) process.exit(name === 'SIGINT' ? 130 : 143);
    this.#stopping = name;
    this.#io.err(`${name}: stopping; once more to end at once`);
    this.#deadline = setTimeout(() => {
      this.#io.err(`Error: not stopped within ${stopWithinMs / 1000} s; ending anyway`);
      process.exit(1);
    }, stopWithinMs);
    this.#deadline.unref();
    if (this.#daemon) this.#stop(this.#daemon, name);
  };

  readonly #onReload = (): void => {
    if (!this.#daemon) {
      this.#reloadWanted = true;
      return;
    }
    this.#daemon.backend.reload().then(
      (result) => this.#io.err(`SIGHUP: reloaded (${result.applied.length} changes)`),
      (error: unknown) => this.#io.err(`SIGHUP: ${describeError(error)}; the old configuration stays`),
    );
  };

  #stop(daemon: RunningDaemon, reason: string): void {
    daemon.stop(reason).catch((error: unknown) => {
      this.#code = 1;
      this.#io.err(`Error: ${describeError(error)}`);
    });
  }
}
