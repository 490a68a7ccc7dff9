import { randomUUID } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import { type Line, object, text } from './wire.ts';

interface Waiting {
  resolve(response: Line): void;
  reject(error: AppError): void;
}

/** Our control requests to the CLI: each gets exactly one answer, a timeout, or the end of the process. */
export class ControlRequests {
  readonly #waiting = new Map<string, Waiting>();
  readonly #write: (line: Line) => Promise<void>;
  #closed: AppError | undefined;

  constructor(write: (line: Line) => Promise<void>) {
    this.#write = write;
  }

  /**
   * Sends `{subtype, …}` and resolves with the response's body. Rejects `agent.control_refused` when the CLI says
   * no, `agent.control_timeout` after `timeoutMs`, `agent.exited` when the process ends, or with the abort reason.
   */
  async send(request: Line, timeoutMs: number, signal?: AbortSignal): Promise<Line> {
    if (this.#closed !== undefined) throw this.#closed;
    signal?.throwIfAborted();
    const id = randomUUID();
    let timer: NodeJS.Timeout | undefined;
    let abort: (() => void) | undefined;
    const answer = new Promise<Line>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      timer = setTimeout(() => reject(timeoutError(request, timeoutMs)), timeoutMs);
      abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
    });
    // The answer may fail before anyone waits for it.
    answer.catch(() => undefined);
    try {
      await this.#write({ type: 'control_request', request_id: id, request });
      return await answer;
    } finally {
      clearTimeout(timer);
      if (abort !== undefined) signal?.removeEventListener('abort', abort);
      this.#waiting.delete(id);
    }
  }

  /** A `control_response` line. Answers nobody waits for are ignored. */
  answered(line: Line): void {
    const response = object(line, 'response');
    const waiting =
      response === undefined ? undefined : this.#waiting.get(text(response, 'request_id') ?? '');
    if (response === undefined || waiting === undefined) return;
    if (text(response, 'subtype') === 'success') waiting.resolve(object(response, 'response') ?? {});
    else waiting.reject(refusal(text(response, 'error') ?? 'no reason given', text(response, 'error_code')));
  }

  /** The process is gone; everything waiting and to come is rejected with `error`. */
  close(error: AppError): void {
    this.#closed = error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
  }
}

function timeoutError(request: Line, timeoutMs: number): AppError {
  const what = text(request, 'subtype') ?? 'request';
  return new AppError(
    'agent.control_timeout',
    `Claude Code did not answer "${what}" within ${timeoutMs / 1000} s`,
    {
      kind: 'unavailable',
    },
  );
}

function refusal(message: string, code: string | undefined): AppError {
  return new AppError('agent.control_refused', message, {
    kind: 'validation',
    ...(code === undefined ? {} : { cause: code }),
  });
}
