import { AppError } from '../../core/errors.ts';
import type { ProcessExit } from '../../kit/process/owned-process.ts';

const MAX_DETAIL = 1_000;

/** One text on why the process ended: how, and the end of what it wrote to stderr. */
export function exitDetail(exit: ProcessExit): string {
  const how = exit.signal === null ? `exit code ${exit.code ?? 'unknown'}` : `signal ${exit.signal}`;
  const tail = exit.stderrTail.trim();
  const shown = tail.length > MAX_DETAIL ? `…${tail.slice(-MAX_DETAIL)}` : tail;
  return `Claude Code ended (${how})${shown === '' ? '' : `: ${shown}`}`;
}

/** The error for a process that ended before it could take a prompt. */
export function startError(
  exit: ProcessExit,
  resume: string | undefined,
  redact: (text: string) => string,
): AppError {
  const detail = redact(exitDetail(exit));
  const { stderrTail } = exit;
  if (
    resume !== undefined &&
    /No conversation found|No session|session ID|not a valid UUID/i.test(stderrTail)
  ) {
    return new AppError('resume_failed', `Claude Code cannot resume the conversation ${resume}`, {
      kind: 'not_found',
      advice: 'A new conversation is started.',
      cause: detail,
    });
  }
  if (/cannot be used with root/i.test(stderrTail)) {
    return new AppError('bypass_as_root', detail, {
      kind: 'permission',
      advice: 'Run the daemon as an ordinary user or choose another permission mode.',
    });
  }
  const unknown = /unknown option '([^']+)'/.exec(stderrTail)?.[1];
  return new AppError('agent.start_failed', detail, {
    kind: 'unavailable',
    ...(unknown === undefined
      ? {}
      : { advice: `This version does not know ${unknown}; update Claude Code.` }),
  });
}
