import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { AttachConnection } from './attach-connection.ts';
import type { LocalBackend } from './backend.ts';
import { errorAnswer, jsonBody, sendJson } from './http.ts';
import { listenOn } from './listen.ts';
import { routes, target } from './routes.ts';
import { socketPath } from './socket-path.ts';

const mib = 1024 * 1024;

export interface LocalServerOptions {
  readonly backend: LocalBackend;
  /** Absolute. */
  readonly dataDir: string;
  readonly log: Log;
  /** Bytes per file of a `send`; read on each call, so that a reload counts. */
  readonly maxFileBytes: () => number;
}

/** HTTP over the unix socket of the data directory: what `cc-connect send` and the other commands talk to. */
export class LocalServer {
  readonly path: string;
  readonly #options: LocalServerOptions;
  readonly #server: Server;
  readonly #attached = new Set<Socket>();
  #listening = false;

  constructor(options: LocalServerOptions) {
    this.#options = options;
    this.path = socketPath(options.dataDir);
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      void this.#upgrade(request, socket, head);
    });
    this.#server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
    });
  }

  /** Resolves once commands can connect. Throws `conflict` when another instance answers on the socket. */
  async start(): Promise<void> {
    await listenOn(this.#server, this.path);
    this.#listening = true;
    this.#server.on('error', (error) => this.#options.log.error({ err: error }, 'local socket failed'));
  }

  /** Ends all connections and removes the socket. Safe to call twice, and when never started. */
  async stop(): Promise<void> {
    if (!this.#listening) return;
    this.#listening = false;
    for (const socket of this.#attached) socket.end();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const cut = setTimeout(() => {
      for (const socket of this.#attached) socket.destroy();
      this.#server.closeAllConnections();
    }, 500);
    this.#server.closeIdleConnections();
    await closed;
    clearTimeout(cut);
    if (process.platform !== 'win32') await rm(this.path, { force: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      sendJson(response, 200, await this.#route(request, gone.signal));
    } catch (error) {
      const { status, body } = errorAnswer(error);
      if (status >= 500) this.#options.log.warn({ err: error, call: request.url }, 'local call failed');
      if (response.headersSent || response.destroyed) return;
      // A body that was not read to its end would be taken for the next request.
      if (!request.complete) response.setHeader('connection', 'close');
      sendJson(response, status, body);
      request.resume();
    }
  }

  async #route(request: IncomingMessage, signal: AbortSignal): Promise<unknown> {
    const url = urlOf(request);
    const name = `${request.method ?? 'GET'} ${url.pathname}`;
    const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
    if (!route) throw noRoute(name, url.pathname);
    const cap = this.#options.maxFileBytes();
    const bodyCap = Math.ceil((cap * 4) / 3) + 8 * mib;
    const call = { query: url.searchParams, body: () => jsonBody(request, bodyCap), signal };
    const limits = { maxFileBytes: cap, uploadDir: join(this.#options.dataDir, 'run', 'uploads') };
    return route(this.#options.backend, call, limits);
  }

  async #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', (error) => this.#options.log.debug({ err: error }, 'terminal connection failed'));
    try {
      const url = urlOf(request);
      if (url.pathname !== '/attach' || request.headers.upgrade !== 'cc-terminal')
        throw noRoute(`UPGRADE ${url.pathname}`, url.pathname);
      const connection = new AttachConnection(socket, this.#options.log);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: cc-terminal\r\nconnection: upgrade\r\n\r\n');
      const attachment = await this.#options.backend.attach(connection, target({ query: url.searchParams }));
      this.#attached.add(socket);
      socket.once('close', () => this.#attached.delete(socket));
      connection.serve(attachment, head);
      if (socket.destroyed) attachment.closed();
    } catch (error) {
      // The stream is already ours, so the refusal is a line like any other.
      const { body } = errorAnswer(error);
      socket.end(`${JSON.stringify({ t: 'refused', ...body })}\n`);
    }
  }
}

function urlOf(request: IncomingMessage): URL {
  const path = request.url ?? '/';
  if (!URL.canParse(path, 'http://localhost'))
    throw new AppError('bad_request', 'the request path is malformed', { kind: 'validation' });
  return new URL(path, 'http://localhost');
}

function noRoute(name: string, path: string): AppError {
  const known = Object.keys(routes).some((route) => route.endsWith(` ${path}`));
  if (known)
    return new AppError('bad_method', `${name} is not offered; try the other method`, { kind: 'validation' });
  return new AppError('no_route', `${name} is not offered by this version`, { kind: 'not_found' });
}
