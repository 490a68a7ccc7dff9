import type { Socket } from 'node:net';
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { NdjsonDecoder } from '../../kit/ndjson.ts';
import { parseClientFrame } from '../../platforms/terminal/client-frame.ts';
import type { ServerFrame, TerminalAttachment, TerminalClient } from '../../platforms/terminal/frames.ts';

const lineCapBytes = 4 * 1024 * 1024;
/** A terminal that reads nothing is cut off beyond this; what it missed stays in the outbox. */
const maxBacklogBytes = 16 * 1024 * 1024;

/** One attached terminal: JSON lines over an upgraded connection. */
export class AttachConnection implements TerminalClient {
  readonly #socket: Socket;
  readonly #log: Log;
  #attachment: TerminalAttachment | undefined;

  constructor(socket: Socket, log: Log) {
    this.#socket = socket;
    this.#log = log;
  }

  send(frame: ServerFrame): void {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    if (this.#socket.writableLength > maxBacklogBytes) {
      this.#log.warn({ bytes: this.#socket.writableLength }, 'terminal does not read; cutting it off');
      this.#socket.destroy();
      return;
    }
    this.#socket.write(`${JSON.stringify(frame)}\n`);
  }

  /** Passes frames on until the connection ends. `head`: bytes that came with the upgrade request. */
  serve(attachment: TerminalAttachment, head: Buffer): void {
    this.#attachment = attachment;
    const decoder = new NdjsonDecoder({
      lineCap: lineCapBytes,
      onSkipped: (bytes) => this.#log.warn({ bytes }, 'terminal sent an oversized line'),
      onBad: (_line, error) => this.#log.warn({ reason: error.message }, 'terminal sent a bad line'),
    });
    const take = (chunk: Buffer): void => {
      for (const value of decoder.push(chunk)) this.#take(value);
    };
    if (head.length > 0) take(head);
    this.#socket.on('data', take);
    this.#socket.once('close', () => this.#attachment?.closed());
    this.#socket.once('end', () => this.#socket.end());
  }

  #take(value: unknown): void {
    try {
      this.#attachment?.frame(parseClientFrame(value));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#log.warn({ reason: error.message }, 'terminal sent a bad frame');
    }
  }
}
