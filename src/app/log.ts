import pino from 'pino';
import type { Log } from '../core/platform.ts';
import type { Redactor } from '../kit/redact.ts';
import { RotatingLog } from '../kit/rotating-log.ts';
import type { DaemonOptions } from '../servers/local/daemon.ts';

/** The daemon's log: JSON lines to stderr or to a rotated file; secrets are taken out of every field. */
export function openLog(
  target: DaemonOptions['log'],
  level: string,
  redactor: Redactor,
  file: string,
): { log: Log; close(): Promise<void> } {
  const rotating =
    target.to === 'file'
      ? new RotatingLog({ path: target.file ?? file, maxBytes: target.maxBytes, backups: target.backups })
      : undefined;
  const stream = { write: (line: string) => (rotating ?? process.stderr).write(redactor.text(line)) };
  const logger = pino(
    { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    stream,
  );
  return { log: wrap(logger), close: async () => rotating?.close() };
}

function wrap(logger: pino.Logger): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}
