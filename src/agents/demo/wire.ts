import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export type Params = Readonly<Record<string, unknown>>;

/** An error reply; codes are JSON-RPC's and the Agent Client Protocol's. */
export class Refusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

type Handler = (params: Params) => unknown;

/**
 * The agent's end of JSON-RPC over newline-delimited JSON. Written out by hand, because a program that starts
 * with each conversation should be there at once, and the protocol's library takes longer to load than all the rest.
 */
export class AgentWire {
  readonly #output: Writable;
  readonly #handlers: Readonly<Record<string, Handler>>;
  readonly #waiting = new Map<number, (result: Params) => void>();
  #nextId = 0;

  constructor(output: Writable, handlers: Readonly<Record<string, Handler>>) {
    this.#output = output;
    this.#handlers = handlers;
  }

  /** Reads until the input ends. */
  async serve(input: Readable): Promise<void> {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const message = parse(line);
      if (message !== undefined) void this.#receive(message);
    }
  }

  notify(method: string, params: object): void {
    this.#write({ method, params });
  }

  /** Asks the client. Resolves with its result; an error reply counts as an empty one. */
  request(method: string, params: object): Promise<Params> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#write({ id, method, params });
    });
  }

  async #receive(message: Params): Promise<void> {
    const { id, method } = message;
    if (typeof method !== 'string') {
      if (typeof id !== 'number') return;
      this.#waiting.get(id)?.(asParams(message.result));
      this.#waiting.delete(id);
      return;
    }
    const handler = this.#handlers[method];
    if (id === undefined) {
      handler?.(asParams(message.params));
      return;
    }
    try {
      if (handler === undefined) throw new Refusal(-32601, `unknown method ${method}`);
      this.#write({ id, result: await handler(asParams(message.params)) });
    } catch (error) {
      const code = error instanceof Refusal ? error.code : -32603;
      this.#write({ id, error: { code, message: error instanceof Error ? error.message : String(error) } });
    }
  }

  #write(message: object): void {
    this.#output.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }
}

function parse(line: string): Params | undefined {
  if (line.trim() === '') return undefined;
  try {
    return asParams(JSON.parse(line));
  } catch {
    process.stderr.write('demo agent: a line of input is not JSON\n');
    return undefined;
  }
}

export function asParams(value: unknown): Params {
  return typeof value === 'object' && value !== null ? (value as Params) : {};
}
