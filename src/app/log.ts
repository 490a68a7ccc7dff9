import pino from 'pino';
import { LOG_LEVELS, type LogLevel } from '../config/schema/root.ts';
import type { Log } from '../core/platform.ts';
import type { Redactor } from '../kit/redact.ts';
import { RotatingLog } from '../kit/rotating-log.ts';
import type { DaemonOptions } from '../servers/local/daemon.ts';

export interface DaemonLog {
  readonly log: Log;
  /** From now on, for every log that was made from this one too. */
  setLevel(level: LogLevel): void;
  close(): Promise<void>;
}

/** The daemon's log: JSON lines to stderr or to a rotated file; secrets are taken out of every field. */
export function openLog(
  target: DaemonOptions['log'],
  level: LogLevel,
  redactor: Redactor,
  file: string,
): DaemonLog {
  const rotating =
    target.to === 'file'
      ? new RotatingLog({ path: target.file ?? file, maxBytes: target.maxBytes, backups: target.backups })
      : undefined;
  const stream = { write: (line: string) => (rotating ?? process.stderr).write(redactor.text(line)) };
  const gate = { level };
  const logger = pino(
    { level: 'debug', base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    stream,
  );
  return {
    log: wrap(logger, gate),
    setLevel: (wanted) => {
      gate.level = wanted;
    },
    close: async () => rotating?.close(),
  };
}

/** The gate is everybody's: a child of pino's would keep the level it was made with. */
function wrap(logger: pino.Logger, gate: { readonly level: LogLevel }): Log {
  const at =
    (level: LogLevel): Log['info'] =>
    (fields, message) => {
      if (LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(gate.level)) logger[level](fields, message);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(logger.child(fields), gate),
  };
}
