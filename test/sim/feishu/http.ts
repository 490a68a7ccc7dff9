/** The HTTP side: tokens, routing, troubles, answers in the service's envelope. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { cardkitRoutes } from './cardkit-api.ts';
import type { Faults, Trouble } from './faults.ts';
import { fileRoutes, parseMultipart } from './files-api.ts';
import { messageRoutes } from './messages-api.ts';
import { Rates } from './rate.ts';
import { Registration } from './registration.ts';
import type { Call, RawBody, Route } from './route.ts';
import type { Answers } from './sdk-types.ts';
import { Refusal, type SimMessage, type World } from './world.ts';

export interface CallRecord {
  readonly op: string;
  readonly at: number;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  status: number;
  code: number;
}

export interface HttpSetup {
  readonly appId: string;
  readonly appSecret: string;
  readonly botOpenId: string;
  readonly botName: string;
  /** Open long connections. */
  connections(): number;
}

const routes: readonly Route[] = [...messageRoutes, ...cardkitRoutes, ...fileRoutes];

export class HttpSide {
  readonly server: Server;
  readonly calls: CallRecord[] = [];
  readonly registration = new Registration();
  /** All changes of card entities by the app. */
  readonly cardRates = new Rates(50, 1_000);
  /** Valid access tokens. */
  readonly tokens = new Set<string>();
  /** Operations refused for a missing right, by name or prefix. */
  readonly forbidden = new Set<string>();
  silent = false;
  /** Whether id and secret are refused, as after a reset of the secret. */
  credentialsRefused = false;
  scopes: readonly string[] | undefined;
  #world: World;
  #faults: Faults;
  #setup: HttpSetup;
  #endpoint: () => Record<string, unknown>;
  #sockets = new Set<import('node:net').Socket>();

  constructor(world: World, faults: Faults, setup: HttpSetup, endpoint: () => Record<string, unknown>) {
    this.#world = world;
    this.#faults = faults;
    this.#setup = setup;
    this.#endpoint = endpoint;
    this.server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get sockets(): number {
    return this.#sockets.size;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes: Buffer[] = [];
    for await (const piece of request) bytes.push(piece as Buffer);
    const url = new URL(request.url ?? '/', 'http://sim');
    if (url.pathname === '/oauth/v1/app/registration') {
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(bytes).toString('utf8')));
      const trouble = this.#faults.take(`registration.${form.action}`);
      if (trouble?.kind === 'reset') return void request.socket.destroy();
      if (trouble?.kind === 'http') return void response.writeHead(trouble.status ?? 502).end('<html>');
      const answer = this.registration.answer(form);
      return send(response, answer.status, answer.body);
    }
    const { body, upload } = readBody(request, Buffer.concat(bytes));
    const found = this.#find(request.method ?? 'GET', url.pathname);
    const record: CallRecord = { op: found.op, at: Date.now(), path: url.pathname, body, status: 0, code: 0 };
    this.calls.push(record);
    if (this.silent) return;
    const trouble = this.#faults.take(found.op);
    if (trouble?.kind === 'reset') return void request.socket.destroy();
    if (trouble?.kind === 'code' || trouble?.kind === 'http') return this.#refuse(response, record, trouble);
    const result = this.#execute(request, found, { query: url.searchParams, body, upload });
    if (trouble?.kind === 'swallow') return void request.socket.destroy();
    if (trouble?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, trouble.ms).unref());
    if ('raw' in result) {
      record.status = 200;
      const raw = result as unknown as RawBody;
      response.writeHead(200, { ...raw.headers, 'content-length': raw.raw.length }).end(raw.raw);
      return;
    }
    record.status = Number(result.status);
    record.code = Number(result.code);
    const { status: _status, ...envelope } = result;
    send(response, record.status, envelope);
  }

  #find(method: string, path: string): { op: string; args: string[]; route?: Route } {
    if (path === '/callback/ws/endpoint') return { op: 'ws.endpoint', args: [] };
    if (path === '/open-apis/auth/v3/tenant_access_token/internal') return { op: 'token', args: [] };
    if (path === '/open-apis/application/v6/scopes') return { op: 'scopes', args: [] };
    if (path === '/open-apis/event/v1/connection') return { op: 'connections', args: [] };
    if (path === '/open-apis/bot/v3/info') return { op: 'bot.info', args: [] };
    for (const route of routes) {
      const match = route.method === method ? route.pattern.exec(path) : null;
      if (match) return { op: route.op, args: match.slice(1).map(decodeURIComponent), route };
    }
    return { op: 'unknown', args: [] };
  }

  #refuse(response: ServerResponse, record: CallRecord, trouble: Trouble & { kind: 'code' | 'http' }): void {
    record.status = trouble.status ?? 400;
    if (trouble.kind === 'http') {
      const type = trouble.body === undefined ? 'text/html' : 'application/json; charset=utf-8';
      response
        .writeHead(record.status, { 'content-type': type })
        .end(trouble.body ?? '<html>bad gateway</html>');
      return;
    }
    record.code = trouble.code;
    const headers: Record<string, string> =
      trouble.resetSecs === undefined ? {} : { 'x-ogw-ratelimit-reset': String(trouble.resetSecs) };
    send(response, record.status, { code: trouble.code, msg: `injected ${trouble.code}` }, headers);
  }

  #execute(
    request: IncomingMessage,
    found: { op: string; args: string[]; route?: Route },
    input: Pick<Call, 'query' | 'body' | 'upload'>,
  ): Record<string, unknown> {
    const { appId, appSecret } = this.#setup;
    if (found.op === 'ws.endpoint') {
      if (this.credentialsRefused || input.body.AppID !== appId || input.body.AppSecret !== appSecret)
        return { status: 200, code: 514, msg: 'auth failed: app secret is wrong' };
      return { status: 200, code: 0, msg: 'ok', data: this.#endpoint() };
    }
    if (found.op === 'token') return this.#token(input.body);
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (!token) return { status: 400, code: 99991661, msg: 'Missing access token for authorization.' };
    if (!this.tokens.has(token)) return { status: 400, code: 99991663, msg: 'Invalid access token.' };
    for (const op of this.forbidden)
      if (op === found.op || (op.endsWith('.') && found.op.startsWith(op)))
        return { status: 400, code: 99991672, msg: `Access denied. One of the scopes is required: [${op}]` };
    if (found.op === 'bot.info') {
      const { botOpenId, botName } = this.#setup;
      return {
        status: 200,
        code: 0,
        msg: 'ok',
        bot: { activate_status: 2, app_name: botName, open_id: botOpenId },
      };
    }
    if (found.op === 'connections') {
      const data: Answers['connections'] = { online_instance_cnt: this.#setup.connections() };
      return { status: 200, code: 0, msg: 'success', data };
    }
    if (found.op === 'scopes' && this.scopes) {
      const data: Answers['scopes'] = {
        scopes: this.scopes.map((name) => ({ scope_name: name, grant_status: 1, scope_type: 'tenant' })),
      };
      return { status: 200, code: 0, msg: 'success', data };
    }
    if (found.op.startsWith('card.') && !this.cardRates.take(found.op))
      return { status: 429, code: 99991400, msg: 'request trigger frequency limit' };
    if (!found.route) return { status: 404, code: 99991404, msg: 'no such api' };
    const world = this.#world;
    const edit = (message: SimMessage, content: string): void => {
      message.content = content;
      message.updates += 1;
      message.updatedAt = world.now();
    };
    try {
      const data = found.route.run({ ...input, world, appId, args: found.args, edit });
      return 'raw' in data ? { ...data } : { status: 200, code: 0, msg: 'success', data };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.status, code: error.code, msg: error.message };
    }
  }

  #token(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
    if (body.app_id !== this.#setup.appId) return { status: 200, code: 10003, msg: 'invalid param' };
    if (this.credentialsRefused || body.app_secret !== this.#setup.appSecret)
      return { status: 200, code: 10014, msg: 'app secret invalid' };
    const token = this.#world.id('t-');
    this.tokens.add(token);
    return { status: 200, code: 0, msg: 'ok', tenant_access_token: token, expire: 7200 };
  }
}

function readBody(request: IncomingMessage, bytes: Buffer): Pick<Call, 'body' | 'upload'> {
  const type = request.headers['content-type'] ?? '';
  const boundary = /multipart\/form-data;.*boundary=([^;]+)/.exec(type)?.[1];
  if (boundary) {
    const { fields, file } = parseMultipart(bytes, boundary);
    return { body: fields, upload: file };
  }
  if (bytes.length === 0) return { body: {} };
  const value: unknown = JSON.parse(bytes.toString('utf8'));
  return { body: typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {} };
}

function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}
