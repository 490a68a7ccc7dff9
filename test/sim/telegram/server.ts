import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { now } from './chats.ts';
import { type Fault, Faults } from './faults.ts';
import { type Account, handlers, type Payload } from './methods.ts';
import { parseMultipart, type Upload } from './multipart.ts';
import { Updates } from './updates.ts';
import { checkFields, isKnown, Refusal } from './validate.ts';

/** One call the bot made. */
export interface Call {
  readonly method: string;
  readonly payload: Payload;
  /** ms since the epoch, fractional, when its body had arrived. */
  readonly at: number;
  /** Whether it was executed and how it was answered. */
  readonly outcome: 'ok' | 'refused' | 'fault';
}

const CALLS_KEPT = 50_000;

/** The HTTP side: reads calls, applies faults, answers. */
export class ApiServer {
  readonly faults = new Faults();
  readonly updates = new Updates();
  readonly calls: Call[] = [];
  readonly #account: Account;
  readonly #token: string;
  readonly #sockets = new Set<Socket>();
  /** Connections since the start. */
  accepted = 0;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #server: Server;

  constructor(account: Account, token: string) {
    this.#account = account;
    this.#token = token;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      this.accepted += 1;
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.faults.silentNow) return;
    const url = request.url ?? '';
    const file = /^\/file\/bot([^/]+)\/(.+)$/.exec(url);
    if (file) return this.#file(file[1] ?? '', file[2] ?? '', response);
    const call = /^\/bot([^/]+)\/(\w+)$/.exec(url);
    if (!call) return answer(response, 404, { ok: false, error_code: 404, description: 'Not Found' });
    const method = call[2] ?? '';
    const { payload, uploads } = read(request, Buffer.concat(chunks));
    const fault = this.faults.take(method);
    if (fault && (await this.#before(fault, response))) return this.#note(method, payload, 'fault');
    try {
      const result = await this.#execute(call[1] ?? '', method, payload, uploads, response);
      this.#note(method, payload, fault?.kind === 'swallow' ? 'fault' : 'ok');
      if (fault?.kind === 'swallow') response.destroy();
      if (this.faults.silentNow) return;
      answer(response, 200, { ok: true, result });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#note(method, payload, 'refused');
      answer(response, error.code, {
        ok: false,
        error_code: error.code,
        description: error.message,
        ...(error.parameters ? { parameters: error.parameters } : {}),
      });
    }
  }

  /** True when the fault took the place of the call. */
  async #before(fault: Fault, response: ServerResponse): Promise<boolean> {
    switch (fault.kind) {
      case 'swallow':
        return false;
      case 'reset':
        response.socket?.resetAndDestroy();
        return true;
      case 'delay':
        await new Promise<void>((resolve) => {
          const timer = setTimeout(() => {
            this.#timers.delete(timer);
            resolve();
          }, fault.ms);
          timer.unref();
          this.#timers.add(timer);
        });
        return false;
      case 'rate_limit':
        answer(response, 429, {
          ok: false,
          error_code: 429,
          description: `Too Many Requests: retry after ${fault.seconds}`,
          parameters: { retry_after: fault.seconds },
        });
        return true;
      case 'status':
        answer(response, fault.code, { ok: false, error_code: fault.code, description: fault.description });
        return true;
      case 'result':
        answer(response, 200, { ok: true, result: fault.result });
        return true;
      case 'html':
        response.writeHead(fault.code, { 'content-type': 'text/html' });
        response.end('<html><body><h1>Bad Gateway</h1></body></html>');
        return true;
    }
  }

  async #execute(
    token: string,
    method: string,
    payload: Payload,
    uploads: ReadonlyMap<string, Upload>,
    response: ServerResponse,
  ): Promise<unknown> {
    if (this.faults.revoked || token !== this.#token) throw new Refusal(401, 'Unauthorized');
    if (!isKnown(method)) throw new Refusal(404, 'Not Found: method not found');
    checkFields(method, payload);
    if (method === 'getUpdates') {
      if (this.#account.webhook !== '')
        throw new Refusal(
          409,
          "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        );
      return this.updates.take(payload, (end) => response.on('close', end));
    }
    const handler = handlers[method];
    if (!handler) throw new Refusal(404, 'Not Found: method not found');
    return handler(this.#account, payload, uploads);
  }

  #file(token: string, path: string, response: ServerResponse): void {
    const file = [...this.#account.files.values()].find((candidate) => candidate.path === path);
    if (token !== this.#token || !file) {
      answer(response, 404, { ok: false, error_code: 404, description: 'Not Found' });
      return;
    }
    response.writeHead(200, {
      'content-type': file.mime ?? 'application/octet-stream',
      'content-length': file.bytes.length,
    });
    response.end(file.bytes);
  }

  #note(method: string, payload: Payload, outcome: Call['outcome']): void {
    if (this.calls.length >= CALLS_KEPT) this.calls.splice(0, CALLS_KEPT / 2);
    this.calls.push({ method, payload, at: now(), outcome });
  }
}

function read(
  request: IncomingMessage,
  body: Buffer,
): { payload: Payload; uploads: ReadonlyMap<string, Upload> } {
  const type = request.headers['content-type'] ?? '';
  const boundary = /boundary=(.+)$/.exec(type)?.[1];
  if (type.startsWith('multipart/') && boundary) {
    const { fields, files } = parseMultipart(body, boundary);
    return {
      payload: Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, loose(v)])),
      uploads: files,
    };
  }
  return {
    payload: body.length > 0 ? (JSON.parse(body.toString('utf8')) as Payload) : {},
    uploads: new Map(),
  };
}

/** Multipart carries numbers and objects as text. */
function loose(value: string): unknown {
  if (/^-?\d{1,15}$/.test(value)) return Number(value);
  if (value === 'true' || value === 'false') return value === 'true';
  return value.startsWith('{') || value.startsWith('[') ? JSON.parse(value) : value;
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
