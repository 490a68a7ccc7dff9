import { describeError } from '../core/errors.ts';
import type { RunningDaemon } from '../servers/local/daemon.ts';
import type { Io } from './io.ts';

const stopWithinMs = 10_000;

/**
 * Ties the process's signals to a daemon: TERM and INT stop it within 10 s, the second one ends the process at once,
 * HUP reloads. Resolves with the exit code when the daemon has ended.
 */
export async function serveUntilEnded(daemon: RunningDaemon, io: Io): Promise<number> {
  let stopping = false;
  let code = 0;
  let deadline: NodeJS.Timeout | undefined;
  const onStop = (name: NodeJS.Signals): void => {
    if (stopping) process.exit(name === 'SIGINT' ? 130 : 143);
    stopping = true;
    io.err(`${name}: stopping; once more to end at once`);
    deadline = setTimeout(() => {
      io.err(`Error: not stopped within ${stopWithinMs / 1000} s; ending anyway`);
      process.exit(1);
    }, stopWithinMs);
    deadline.unref();
    daemon.stop(name).catch((error: unknown) => {
      code = 1;
      io.err(`Error: ${describeError(error)}`);
    });
  };
  const onReload = (): void => {
    daemon.backend.reload().then(
      (result) => io.err(`SIGHUP: reloaded (${result.applied.length} changes)`),
      (error: unknown) => io.err(`SIGHUP: ${describeError(error)}; the old configuration stays`),
    );
  };
  process.on('SIGTERM', onStop);
  process.on('SIGINT', onStop);
  process.on('SIGHUP', onReload);
  try {
    await daemon.ended;
  } finally {
    clearTimeout(deadline);
    process.off('SIGTERM', onStop);
    process.off('SIGINT', onStop);
    process.off('SIGHUP', onReload);
  }
  return code;
}
