import { AppError } from '../../core/errors.ts';
import { exitDetail } from '../../kit/process/exit-detail.ts';
import type { ProcessExit } from '../../kit/process/owned-process.ts';

/** The error for a process that ended before it could take a prompt. */
export function startError(
  exit: ProcessExit,
  resume: string | undefined,
  redact: (text: string) => string,
): AppError {
  const detail = redact(exitDetail('Claude Code', exit));
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
