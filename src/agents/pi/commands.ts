import { AppError } from '../../core/errors.ts';
import { record, text, type Wire } from '../../kit/acp/wire.ts';

/** pi answered a command with `success: false`. */
export class PiRefusal extends AppError {
  constructor(command: string, message: string) {
    super('agent.refused', message, { kind: 'validation', advice: `pi refused the command "${command}".` });
    this.name = 'PiRefusal';
  }
}

interface Waiting {
  readonly command: string;
  readonly resolve: (data: Wire) => void;
  readonly reject: (error: unknown) => void;
}

/** Commands of `--mode rpc` and their responses, paired by id. */
export class PiCommands {
  readonly #write: (line: string) => Promise<void>;
  readonly #waiting = new Map<string, Waiting>();
  #next = 1;
  #closed: unknown;

  constructor(write: (line: string) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves with the response's `data`. Rejects with {@link PiRefusal}, the signal's reason, or the end of the process. */
  async ask(command: { readonly type: string } & Wire, signal?: AbortSignal): Promise<Wire> {
    signal?.throwIfAborted();
    if (this.#closed !== undefined) throw this.#closed;
    const id = `c${this.#next++}`;
    const answer = new Promise<Wire>((resolve, reject) => {
      this.#waiting.set(id, { command: command.type, resolve, reject });
    });
    const abort = () => this.#settle(id)?.reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      // Both at once: a process that ends settles the answer while the write may never.
      await Promise.race([this.tell({ ...command, id }), answer]);
      return await answer;
    } finally {
      this.#waiting.delete(id);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Writes a line that gets no answer, or one that nobody waits for. */
  tell(line: Wire): Promise<void> {
    return this.#closed === undefined
      ? this.#write(`${JSON.stringify(line)}\n`)
      : Promise.reject(this.#closed);
  }

  /** Takes a `response`; a command that pi does not know is answered without its id. */
  receive(line: Wire): void {
    const command = text(line.command) ?? '';
    const unnamed = () => [...this.#waiting].find(([, waiting]) => waiting.command === command)?.[0];
    const id = text(line.id) ?? (line.success === false ? unnamed() : undefined);
    const waiting = id === undefined ? undefined : this.#settle(id);
    if (line.success === false)
      waiting?.reject(new PiRefusal(command, text(line.error) ?? 'no reason given'));
    else waiting?.resolve(record(line.data));
  }

  /** The process is gone. */
  close(reason: unknown): void {
    this.#closed ??= reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  #settle(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
