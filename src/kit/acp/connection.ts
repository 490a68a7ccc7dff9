import type { AnyMessage, ClientConnection } from '@agentclientprotocol/sdk';
import { AppError } from '../../core/errors.ts';
import { type NdjsonObject, readNdjson } from '../ndjson.ts';
import type { CloseLadder, CloseReport } from '../process/close-ladder.ts';
import {
  type OwnedProcess,
  type ProcessExit,
  type ProcessSpec,
  startProcess,
} from '../process/owned-process.ts';
import { record, type Wire } from './wire.ts';

/** What the agent may ask or tell its client. */
export interface AcpHandlers {
  /** A `session/update`; called in wire order, before any later reply is seen. */
  update(params: Wire): void;
  /** `signal` aborts when the agent takes the request back. */
  permission(params: Wire, signal: AbortSignal): Promise<object>;
  /** `elicitation/create`; as above. */
  elicitation(params: Wire, signal: AbortSignal): Promise<object>;
  readFile(params: Wire): Promise<object>;
  writeFile(params: Wire): Promise<object>;
  /** A `terminal/…` request; `signal` aborts when the agent takes it back. */
  terminal(action: TerminalAction, params: Wire, signal: AbortSignal): Promise<object>;
  /** A line beyond the cap was skipped. */
  skipped(bytes: number): void;
  /** A promise while the agent's output should wait for its reader. */
  room(): Promise<void> | undefined;
}

const TERMINAL_ACTIONS = ['create', 'output', 'wait_for_exit', 'kill', 'release'] as const;
export type TerminalAction = (typeof TERMINAL_ACTIONS)[number];

/** How long a child may live on after it closed its output. */
const LINGER_MS = 1_000;

/**
 * One ACP connection over the stdio of an owned child. The SDK matches requests and replies; updates are taken
 * out of the stream before it, because it hands them on asynchronously and a turn's last words could then come
 * after the reply that ends the turn.
 */
export class AcpConnection {
  readonly process: OwnedProcess;
  /** Resolves when the child has exited and everything it wrote has been handled. */
  readonly gone: Promise<ProcessExit>;
  readonly #handlers: AcpHandlers;
  #client: ClientConnection | undefined;
  #inbox: ReadableStreamDefaultController<AnyMessage> | undefined;
  readonly #sent = new Map<string, () => void>();

  private constructor(process: OwnedProcess, handlers: AcpHandlers) {
    this.process = process;
    this.#handlers = handlers;
    const read = readNdjson(process.stdout, (object) => this.#receive(object), {
      onSkipped: (bytes) => handlers.skipped(bytes),
    });
    this.gone = read.then(() => this.#finish());
  }

  /** Starts the child; rejects with the spawn error. */
  static async start(spec: ProcessSpec, handlers: AcpHandlers): Promise<AcpConnection> {
    const [sdk, process] = await Promise.all([import('@agentclientprotocol/sdk'), startProcess(spec)]);
    const connection = new AcpConnection(process, handlers);
    const raw = (params: unknown) => record(params);
    const app = sdk
      .client({ name: 'cc-connect' })
      .onRequest('session/request_permission', raw, (context) =>
        handlers.permission(context.params, context.signal),
      )
      .onRequest('elicitation/create', raw, (context) => handlers.elicitation(context.params, context.signal))
      .onRequest('fs/read_text_file', raw, (context) => handlers.readFile(context.params))
      .onRequest('fs/write_text_file', raw, (context) => handlers.writeFile(context.params));
    for (const action of TERMINAL_ACTIONS) {
      app.onRequest(`terminal/${action}`, raw, (context) =>
        handlers.terminal(action, context.params, context.signal),
      );
    }
    const readable = new ReadableStream<AnyMessage>({
      start: (controller) => {
        connection.#inbox = controller;
      },
    });
    const writable = new WritableStream<AnyMessage>({ write: (message) => connection.#send(message) });
    connection.#client = app.connect({ readable, writable });
    return connection;
  }

  /**
   * Sends a request and resolves with its raw result. Rejects with the SDK's `RequestError` when the agent
   * refuses, with an `AppError` when the signal aborts first, with another error when the connection ends.
   */
  async request(method: string, params: object, signal?: AbortSignal): Promise<Wire> {
    const client = this.#client;
    if (client === undefined) throw goneError();
    const reply = client.agent.request<unknown>(method, params).then(record);
    return signal === undefined ? reply : withSignal(reply, method, signal);
  }

  /** Resolves when the next message of this method has been written to the child. */
  sent(method: string): Promise<void> {
    return new Promise((resolve) => this.#sent.set(method, resolve));
  }

  async notify(method: string, params: object): Promise<void> {
    await this.#client?.agent.notify(method, params);
  }

  close(ladder: CloseLadder, signal?: AbortSignal): Promise<CloseReport> {
    return this.process.close(ladder, signal);
  }

  async #send(message: AnyMessage): Promise<void> {
    await this.process.write(`${JSON.stringify(message)}\n`).catch((error: unknown) => {
      // An agent that takes no input any more is as good as gone; its end is then told as an exit.
      void this.process.close({ eofMs: LINGER_MS });
      throw error;
    });
    if (!('method' in message)) return;
    const sent = this.#sent.get(message.method);
    this.#sent.delete(message.method);
    sent?.();
  }

  #receive(object: NdjsonObject): Promise<void> | undefined {
    if (object.method === 'session/update' && object.id === undefined) {
      this.#handlers.update(record(object.params));
      return this.#handlers.room();
    }
    // The envelope is checked by the SDK; agents exist that leave the version out.
    this.#inbox?.enqueue({ jsonrpc: '2.0', ...object } as AnyMessage);
    return undefined;
  }

  async #finish(): Promise<ProcessExit> {
    this.#client?.close(goneError());
    this.#inbox = undefined;
    let timer: NodeJS.Timeout | undefined;
    const lingering = new Promise<'lingers'>((resolve) => {
      timer = setTimeout(() => resolve('lingers'), LINGER_MS);
    });
    const first = await Promise.race([this.process.exited, lingering]);
    clearTimeout(timer);
    if (first !== 'lingers') return first;
    // Without its output the child is of no use any more, whatever it still does.
    await this.process.close({ eofMs: 0 });
    return this.process.exited;
  }
}

function withSignal<T>(promise: Promise<T>, method: string, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () =>
      reject(
        new AppError('agent.timeout', `The agent did not answer ${method} in time`, {
          kind: 'unavailable',
          advice: 'Check that the agent starts by hand in a terminal and that it is logged in.',
          cause: signal.reason,
        }),
      );
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** The connection ended while something was wanted of it. */
export function goneError(): AppError {
  return new AppError('agent.gone', 'The agent process has ended', { kind: 'unavailable' });
}
