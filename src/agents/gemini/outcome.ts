import type { TurnOutcome } from '../../core/agent-event.ts';
import { AppError } from '../../core/errors.ts';
import type { NativeId } from '../../core/ids.ts';
import { outcomeOfError } from '../../kit/acp/outcome.ts';
import { number, record } from '../../kit/acp/wire.ts';
import type { EndedEarly, Verdict } from '../../kit/turn-process/spec.ts';

/** How the CLI ends before a turn, by exit code (recorded with 0.61.0). */
const NO_LOGIN = 41;
const BAD_INPUT = 42;
const UNTRUSTED = 55;

/** Reads the message of a failed turn, mostly `[API Error: {…}]` with the API's answer in it. */
export function errorOutcome(message: string): TurnOutcome {
  const inner = /^\[API Error: ([\s\S]*)\]$/.exec(message.trim())?.[1] ?? message;
  return outcomeOfError({ code: apiCode(inner), message: inner === '' ? 'The turn failed' : inner });
}

function apiCode(message: string): number {
  try {
    return number(record(record(JSON.parse(message)).error).code) ?? 0;
  } catch {
    return 0; // A text of the CLI's own.
  }
}

/** A turn without a `result` line. The CLI ends with 0 when a signal asks it to. */
export function judge({ exit, detail }: EndedEarly): Verdict {
  const asked = exit.signal === null && exit.code === 0;
  const message = asked ? 'Gemini CLI ended without a result' : detail;
  return { outcome: { status: 'error', message, code: 'crash' }, fatal: !asked };
}

/** Why a turn did not begin. */
export function startError(resume: NativeId | undefined, { exit, detail }: EndedEarly): AppError {
  if (exit.code === NO_LOGIN) {
    return new AppError('agent.auth', detail, {
      kind: 'auth',
      advice: 'Run `gemini` once in a terminal and log in, or configure a provider.',
    });
  }
  if (exit.code === BAD_INPUT && resume !== undefined && /resum|session/i.test(exit.stderrTail)) {
    return new AppError('resume_failed', `Gemini CLI cannot resume the conversation ${resume}`, {
      kind: 'not_found',
      advice: 'A new conversation is started.',
    });
  }
  const advice =
    exit.code === UNTRUSTED
      ? 'Trust the folder in `gemini`, or set GEMINI_CLI_TRUST_WORKSPACE = "true".'
      : undefined;
  return new AppError('agent.start_failed', detail, {
    kind: 'unavailable',
    ...(advice === undefined ? {} : { advice }),
  });
}
