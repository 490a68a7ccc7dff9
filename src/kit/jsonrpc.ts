import { AppError } from '../core/errors.ts';
import type { NdjsonObject } from './ndjson.ts';

/** The other side answered a request with an error. */
export class RpcError extends AppError {
  /** The JSON-RPC error code. */
  readonly rpcCode: number;
  readonly data: unknown;

  constructor(rpcCode: number, message: string, data?: unknown) {
    super('rpc_error', message);
    this.name = 'RpcError';
    this.rpcCode = rpcCode;
    this.data = data;
  }
}

/** What one side of a connection offers to the other. */
export interface RpcHandlers {
  /**
   * Answers requests by method name; a rejection becomes an error answer. The
   * signal aborts when the other side cancels or the connection ends.
   */
  requests: Record<string, (params: unknown, signal: AbortSignal) => Promise<unknown>>;
  /** Takes every notification except cancellation. */
  onNotification: (method: string, params: unknown) => void;
  /** A message that is no JSON-RPC, or an answer to nothing. */
  onStray?: (message: NdjsonObject) => void;
  /** The notification by which a request is cancelled; its params hold `id` or `requestId`. @default "$/cancelRequest" */
  cancelMethod?: string;
}

const METHOD_NOT_FOUND = -32601;
const INTERNAL_ERROR = -32603;

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * One side of JSON-RPC 2.0 over lines: requests in both directions,
 * notifications, cancellation. It neither reads nor writes by itself: give it
 * parsed lines by `receive`, and a `write` that sends one line.
 */
export class RpcPeer {
  readonly #write: (line: string) => Promise<void>;
  readonly #handlers: RpcHandlers;
  readonly #waiting = new Map<number, Waiting>();
  readonly #serving = new Map<string | number, AbortController>();
  #nextId = 1;
  #closed: unknown;

  constructor(write: (line: string) => Promise<void>, handlers: RpcHandlers) {
    this.#write = write;
    this.#handlers = handlers;
  }

  /**
   * Asks the other side. Rejects with {@link RpcError}, with the signal's reason
   * (the request is then cancelled over there), or with what ended the connection.
   */
  async request(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#closed !== undefined) throw this.#closed;
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    const cancel = () => {
      this.#settle(id)?.reject(signal?.reason);
      // Nobody waits for it any more, so neither does its failure matter.
      this.notify(this.#cancelMethod, { id }).catch(() => undefined);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      // Both at once: a connection that ends settles the answer while the write may never.
      await Promise.race([this.#send({ id, method, params }), answer]);
      return await answer;
    } finally {
      this.#waiting.delete(id);
      signal?.removeEventListener('abort', cancel);
    }
  }

  notify(method: string, params: unknown): Promise<void> {
    return this.#closed === undefined ? this.#send({ method, params }) : Promise.reject(this.#closed);
  }

  /** Takes one parsed message; never throws for what the other side sent. */
  receive(message: NdjsonObject): void {
    const { id, method } = message;
    if (typeof method === 'string') {
      if (typeof id === 'string' || typeof id === 'number') void this.#serve(id, method, message.params);
      else if (method === this.#cancelMethod) this.#cancel(message.params);
      else this.#handlers.onNotification(method, message.params);
      return;
    }
    const waiting = typeof id === 'number' ? this.#settle(id) : undefined;
    if (waiting === undefined) this.#handlers.onStray?.(message);
    else if ('error' in message && message.error !== null) waiting.reject(rpcError(message.error));
    else waiting.resolve(message.result);
  }

  /** The connection is gone: open requests reject with `reason`, running handlers are aborted. */
  close(reason: unknown): void {
    this.#closed ??= reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
    for (const controller of this.#serving.values()) controller.abort(reason);
    this.#serving.clear();
  }

  get #cancelMethod(): string {
    return this.#handlers.cancelMethod ?? '$/cancelRequest';
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #cancel(params: unknown): void {
    const { id, requestId } = (params ?? {}) as { id?: string | number; requestId?: string | number };
    this.#serving.get(id ?? requestId ?? '')?.abort();
  }

  async #serve(id: string | number, method: string, params: unknown): Promise<void> {
    const controller = new AbortController();
    this.#serving.set(id, controller);
    const answer = await this.#answer(method, params, controller.signal);
    this.#serving.delete(id);
    // When the answer cannot be written the connection is ending, and `close` will say so.
    if (this.#closed === undefined) await this.#send({ id, ...answer }).catch(() => undefined);
  }

  async #answer(method: string, params: unknown, signal: AbortSignal): Promise<object> {
    const handler = Object.hasOwn(this.#handlers.requests, method)
      ? this.#handlers.requests[method]
      : undefined;
    if (handler === undefined)
      return { error: { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` } };
    try {
      return { result: (await handler(params, signal)) ?? null };
    } catch (error) {
      if (error instanceof RpcError)
        return { error: { code: error.rpcCode, message: error.message, data: error.data } };
      return {
        error: { code: INTERNAL_ERROR, message: error instanceof Error ? error.message : String(error) },
      };
    }
  }

  #send(message: object): Promise<void> {
    return this.#write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }
}

function rpcError(error: unknown): RpcError {
  const { code, message, data } = (error ?? {}) as { code?: unknown; message?: unknown; data?: unknown };
  return new RpcError(
    typeof code === 'number' ? code : INTERNAL_ERROR,
    String(message ?? 'unknown error'),
    data,
  );
}
