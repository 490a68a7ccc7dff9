import type { LocalBackend } from './backend.ts';

/** How the composition root is asked to run. Plain data. */
export interface DaemonOptions {
  /** Absolute; exists. */
  readonly configFile: string;
  /** Log lines go to stderr, or to a rotated file while a terminal chat owns the screen. */
  readonly log:
    | { readonly to: 'stderr' }
    | {
        /** Default: `<data_dir>/logs/cc-connect.log`. */
        readonly to: 'file';
        readonly file?: string;
        /** Bytes before the file is rotated. */
        readonly maxBytes: number;
        readonly backups: number;
      };
}

/** A daemon in this process. */
export interface RunningDaemon {
  /** Absolute; from the configuration. */
  readonly dataDir: string;
  readonly socketPath: string;
  readonly backend: LocalBackend;
  /** Resolves when recovery is done and every platform loop runs (not necessarily connected). */
  readonly ready: Promise<void>;
  /** Resolves when the daemon has ended, whoever asked for it; with an error when it could not go on. */
  readonly ended: Promise<Error | undefined>;
  /** Marks running turns, closes agents and sockets, releases the locks. Safe to call again: same promise. */
  stop(reason: string): Promise<void>;
}

/** What `src/app.ts` exports. Rejects with `AppError`s that name what is wrong and what to do. */
export type StartDaemon = (options: DaemonOptions) => Promise<RunningDaemon>;
