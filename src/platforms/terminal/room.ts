import { AppError } from '../../core/errors.ts';
import type { ServerFrame, TerminalClient } from './frames.ts';

type AckFrame = Extract<ServerFrame, { ack: number }>;
type WithoutAck<T> = T extends unknown ? Omit<T, 'ack'> : never;

interface Waiting {
  readonly clients: Set<TerminalClient>;
  resolve(known: boolean): void;
  reject(error: AppError): void;
}

/** The terminals that look at one conversation, and the answers they owe. */
export class Room {
  readonly #clients = new Set<TerminalClient>();
  readonly #waiting = new Map<number, Waiting>();
  #nextAck = 1;

  get empty(): boolean {
    return this.#clients.size === 0;
  }

  join(client: TerminalClient): void {
    this.#clients.add(client);
  }

  /** A delivery that waited only for this terminal has an unknown outcome now. */
  leave(client: TerminalClient): void {
    this.#clients.delete(client);
    for (const [ack, waiting] of this.#waiting) {
      if (!waiting.clients.delete(client) || waiting.clients.size > 0) continue;
      this.#waiting.delete(ack);
      waiting.reject(
        new AppError('terminal_left', 'the terminal was closed before it confirmed the message', {
          kind: 'ambiguous',
        }),
      );
    }
  }

  tell(frame: ServerFrame): void {
    for (const client of this.#clients) client.send(frame);
  }

  /**
   * Sends to every terminal. Resolves true with the first that knew what the frame is about, false when none did.
   * Rejects `network` when nobody looks, `ambiguous` when all left or the signal fired.
   */
  async ask(frame: WithoutAck<AckFrame>, signal: AbortSignal): Promise<boolean> {
    if (this.empty)
      throw new AppError('terminal_detached', 'no terminal is attached to this conversation', {
        kind: 'network',
        advice: 'open it with "cc-connect chat"; the message waits until then',
      });
    if (signal.aborted) throw aborted();
    const ack = this.#nextAck++;
    const full = { ...frame, ack } as AckFrame;
    const onAbort = (): void => {
      this.#waiting.get(ack)?.reject(aborted());
      this.#waiting.delete(ack);
    };
    const answer = new Promise<boolean>((resolve, reject) => {
      this.#waiting.set(ack, { clients: new Set(this.#clients), resolve, reject });
    });
    signal.addEventListener('abort', onAbort, { once: true });
    this.tell(full);
    return answer.finally(() => signal.removeEventListener('abort', onAbort));
  }

  acknowledge(client: TerminalClient, ack: number, known: boolean): void {
    const waiting = this.#waiting.get(ack);
    if (!waiting?.clients.delete(client)) return;
    if (!known && waiting.clients.size > 0) return;
    this.#waiting.delete(ack);
    waiting.resolve(known);
  }

  /** Ends everything that is still waited for. */
  close(): void {
    for (const client of [...this.#clients]) this.leave(client);
  }
}

function aborted(): AppError {
  return new AppError('terminal_slow', 'the terminal did not confirm the message in time', {
    kind: 'ambiguous',
  });
}
