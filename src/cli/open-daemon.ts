import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import type { Config } from '../config/schema/root.ts';
import { AppError } from '../core/errors.ts';
import type { DaemonOptions, RunningDaemon } from '../servers/local/daemon.ts';
import type { Io } from './io.ts';
import { removePidFile, writePidFile } from './pid-file.ts';

/** The usable configuration; throws with every problem printed when nothing of it can run. */
export async function usableConfig(file: string, io: Io): Promise<Config> {
  const loaded = await loadConfig(file, io.env, { cwd: io.cwd });
  if (loaded.config) return loaded.config;
  for (const problem of loaded.problems) io.err(formatProblem(problem));
  throw new AppError('config_unusable', `nothing of ${file} can be used`, {
    kind: 'validation',
    advice: 'mend the lines above, then check with "cc-connect config check"',
  });
}

/** Starts a daemon in this process and records which process it is. */
export async function openDaemon(options: DaemonOptions): Promise<RunningDaemon> {
  const { startDaemon } = await import('../app.ts');
  const daemon = await startDaemon(options);
  await writePidFile(daemon.dataDir);
  const forget = async (): Promise<void> => removePidFile(daemon.dataDir);
  return {
    dataDir: daemon.dataDir,
    socketPath: daemon.socketPath,
    backend: daemon.backend,
    ready: daemon.ready,
    ended: daemon.ended.finally(forget),
    stop: (reason) => daemon.stop(reason),
  };
}
