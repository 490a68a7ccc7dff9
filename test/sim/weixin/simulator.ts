import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Fault, Faults } from './faults.ts';
import { Media } from './media.ts';
import { bad, checkFields, checkHeaders, checkMessage, type Json, Refusal } from './validate.ts';

export interface SimOptions {
  /** How long a poll is held open. */
  readonly holdMs?: number;
  readonly token?: string;
}

/** A message of the bot as the person sees it. */
export interface BotMessage {
  readonly id: string;
  readonly to: string;
  readonly text: string;
  readonly kind: 'text' | 'image' | 'file' | 'video';
  readonly file?: { readonly name: string; readonly bytes: Buffer };
  readonly contextToken: string | undefined;
}

export interface Call {
  readonly method: string;
  readonly body: Json;
  readonly headers: IncomingMessage['headers'];
}

/** The ilink bot service for one bot, on loopback: API, media server and QR login. */
export class WeixinSim {
  readonly faults = new Faults();
  readonly media = new Media();
  readonly calls: Call[] = [];
  readonly messages: BotMessage[] = [];
  /** Every send that got here, also those that were cut off before anything came of them. */
  readonly sends: { readonly client: string }[] = [];
  /** Typing signs that are on, by person. */
  readonly typing = new Set<string>();
  /** What the QR code says, one status per poll; the last stays. */
  qrStatuses: Json[] = [{ status: 'wait' }];
  qrCodes = 0;
  /** Numbers that came with the questions for the state of a code. */
  readonly qrNumbers: (string | undefined)[] = [];
  /** Sends that pass until the service throttles; undefined = never. */
  sendsLeft: number | undefined;
  readonly botId = 'sim@im.bot';
  readonly token: string;
  #url = '';
  readonly #holdMs: number;
  /** Everything that was ever said to the bot; the cursor counts it. */
  readonly #log: unknown[] = [];
  readonly #contexts = new Map<string, Set<string>>();
  readonly #tickets = new Map<string, string>();
  readonly #polls = new Set<() => void>();
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #server: Server;
  #seq = 0;

  private constructor(options: SimOptions) {
    this.#holdMs = options.holdMs ?? 35_000;
    this.token = options.token ?? `${this.botId}:secret-of-the-bot`;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(options: SimOptions = {}): Promise<WeixinSim> {
    const sim = new WeixinSim(options);
    await new Promise<void>((resolve) => sim.#server.listen(0, '127.0.0.1', resolve));
    sim.#url = `http://127.0.0.1:${(sim.#server.address() as AddressInfo).port}`;
    return sim;
  }

  get url(): string {
    return this.#url;
  }

  get cdnUrl(): string {
    return `${this.#url}/c2c`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Whether the bot is waiting for messages now. */
  get polled(): boolean {
    return this.#polls.size > 0;
  }

  /** The most that ever waited at once. */
  mostPolls = 0;

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const poll of this.#polls) poll();
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The person wrote at some time before: the bot may write to them with this token. */
  contextOf(person: string): string {
    const token = `ctx-${person}-${++this.#seq}`;
    const known = this.#contexts.get(person) ?? new Set();
    this.#contexts.set(person, known.add(token));
    return token;
  }

  /** A person writes to the bot; returns the message id. */
  personSends(person: string, what: string | readonly Json[], more: Json = {}): string {
    const seq = ++this.#seq;
    const id = `90071992547409${String(seq).padStart(5, '0')}`;
    const items = typeof what === 'string' ? [{ type: 1, text_item: { text: what } }] : what;
    this.push({
      seq,
      // Written as a number longer than JavaScript holds.
      message_id: `#${id}`,
      from_user_id: person,
      to_user_id: this.botId,
      client_id: `c${seq}`,
      create_time_ms: Date.now(),
      session_id: `s-${person}`,
      message_type: 1,
      message_state: 2,
      item_list: items,
      context_token: this.contextOf(person),
      ...more,
    });
    if (this.faults.duplicates()) this.redeliverLast();
    return id;
  }

  /** Puts anything into the stream of messages. */
  push(message: unknown): void {
    this.#log.push(message);
    for (const poll of this.#polls) poll();
  }

  redeliverLast(): void {
    this.push(this.#log.at(-1));
  }

  #cursor(at: number): string {
    return Buffer.from(`cursor:${at}`).toString('base64');
  }

  #position(cursor: unknown): number {
    if (cursor === '') return 0;
    const at = /^cursor:(\d+)$/.exec(Buffer.from(String(cursor), 'base64').toString())?.[1];
    return at === undefined || Number(at) > this.#log.length ? bad('get_updates_buf') : Number(at);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.faults.silent) return;
    const url = new URL(request.url ?? '/', this.#url);
    const fault = this.faults.take(url.pathname);
    const body = Buffer.concat(chunks);
    if (url.pathname.endsWith('/sendmessage')) this.#noteSend(body, fault);
    if (fault?.kind === 'reset') return void response.socket?.resetAndDestroy();
    if (fault?.kind === 'status') {
      const wait = fault.retryAfterSecs;
      response.writeHead(fault.status, wait === undefined ? {} : { 'retry-after': String(wait) });
      return void response.end('<html>gateway</html>');
    }
    if (fault?.kind === 'body') return void response.end(fault.body);
    if (fault?.kind === 'delay') await this.#pause(fault.ms);
    if (url.pathname.startsWith('/c2c/')) {
      if (fault?.kind === 'swallow') response.destroy();
      return this.#media(url, body, response);
    }
    const method = /^\/ilink\/bot\/(\w+)$/.exec(url.pathname)?.[1] ?? '';
    const answer = await this.#answer(method, url, request, body, response);
    if (fault?.kind === 'swallow') return void response.destroy();
    if (this.faults.silent || response.destroyed) return;
    const text = JSON.stringify(answer).replaceAll(/"#(\d+)"/g, '$1');
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  }

  #noteSend(body: Buffer, fault: Fault | undefined): void {
    if (fault?.kind === 'status' || fault?.kind === 'body') return; // the bot is told that nothing came of it
    const client = /"client_id":"([^"]+)"/.exec(body.toString())?.[1];
    if (client !== undefined) this.sends.push({ client });
  }

  async #answer(
    method: string,
    url: URL,
    request: IncomingMessage,
    raw: Buffer,
    response: ServerResponse,
  ): Promise<Json> {
    if (method === 'get_bot_qrcode') {
      if (url.searchParams.get('bot_type') !== '3') bad('bot_type');
      const number = ++this.qrCodes;
      return { qrcode: `qr${number}`, qrcode_img_content: `https://liteapp.weixin.qq.com/q/${number}` };
    }
    if (method === 'get_qrcode_status') {
      this.qrNumbers.push(url.searchParams.get('verify_code') ?? undefined);
      if (url.searchParams.get('qrcode') !== `qr${this.qrCodes}`) return { status: 'expired' };
      return (this.qrStatuses.length > 1 ? this.qrStatuses.shift() : this.qrStatuses[0]) ?? {};
    }
    try {
      const body = JSON.parse(raw.toString()) as Json;
      this.calls.push({ method, body, headers: request.headers });
      checkHeaders(request.headers);
      if (this.faults.expired || request.headers.authorization !== `Bearer ${this.token}`)
        throw new Refusal(-14, 'session timeout', -14);
      checkFields(method, body);
      return await this.#execute(method, body, response);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ret: error.ret, errcode: error.errcode, errmsg: error.message };
    }
  }

  #execute(method: string, body: Json, response: ServerResponse): Promise<Json> | Json {
    switch (method) {
      case 'getupdates':
        return this.#updates(body, response);
      case 'sendmessage':
        return this.#send(body.msg as Json);
      case 'getuploadurl':
        this.#known(body.to_user_id);
        return this.media.ticket(body, this.cdnUrl);
      case 'getconfig': {
        const person = this.#known(body.ilink_user_id);
        const ticket = `ticket-${++this.#seq}`;
        this.#tickets.set(person, ticket);
        return { ret: 0, typing_ticket: ticket };
      }
      case 'sendtyping': {
        const person = this.#known(body.ilink_user_id);
        if (this.#tickets.get(person) !== body.typing_ticket) bad('typing_ticket');
        if (body.status === 1) this.typing.add(person);
        else if (body.status === 2) this.typing.delete(person);
        else bad('status');
        return {};
      }
      default:
        return bad(`method ${method}`);
    }
  }

  async #updates(body: Json, response: ServerResponse): Promise<Json> {
    const from = this.#position(body.get_updates_buf);
    if (this.#log.length === from) await this.#held(response);
    const msgs = this.#log.slice(from);
    return { msgs, get_updates_buf: this.#cursor(from + msgs.length), longpolling_timeout_ms: this.#holdMs };
  }

  #held(response: ServerResponse): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#timers.delete(timer);
        this.#polls.delete(end);
        resolve();
      };
      const timer = setTimeout(end, this.#holdMs);
      this.#timers.add(timer);
      this.#polls.add(end);
      this.mostPolls = Math.max(this.mostPolls, this.#polls.size);
      response.on('close', end);
    });
  }

  #send(msg: Json): Json {
    const person = this.#known(msg.to_user_id);
    const item = checkMessage(msg);
    const token = msg.context_token;
    if (token !== undefined && !this.#contexts.get(person)?.has(String(token))) bad('context_token');
    if (this.sendsLeft !== undefined && this.sendsLeft-- <= 0) throw new Refusal(-2, 'prepare failed');
    this.messages.push({
      id: String(msg.client_id),
      to: person,
      contextToken: token as string | undefined,
      ...this.#seen(item),
    });
    return { message_id: `#${++this.#seq}` };
  }

  #seen(item: Json): Pick<BotMessage, 'text' | 'kind' | 'file'> {
    const inner = (name: string) => item[name] as Json;
    if (item.type === 1) return { kind: 'text', text: String(inner('text_item').text) };
    const kind = item.type === 2 ? 'image' : item.type === 4 ? 'file' : 'video';
    const content = inner(`${kind}_item`);
    const bytes = this.media.open(content.media as Json);
    const encrypted = (Math.floor(bytes.length / 16) + 1) * 16;
    if (kind === 'image' && content.mid_size !== encrypted) bad('mid_size');
    if (kind === 'video' && content.video_size !== encrypted) bad('video_size');
    if (kind === 'file' && content.len !== String(bytes.length)) bad('len');
    const name = kind === 'file' ? String(content.file_name) : kind;
    return { kind, text: '', file: { name, bytes } };
  }

  #known(person: unknown): string {
    if (typeof person !== 'string' || !this.#contexts.has(person)) return bad('unknown person');
    return person;
  }

  #media(url: URL, body: Buffer, response: ServerResponse): void {
    if (url.pathname === '/c2c/upload') {
      const put = this.media.put(url.searchParams, body);
      if ('param' in put) response.setHeader('x-encrypted-param', put.param);
      else response.setHeader('x-error-message', put.error);
      response.writeHead('param' in put ? 200 : 400);
      response.end();
      return;
    }
    const bytes = this.media.get(url.searchParams.get('encrypted_query_param') ?? '');
    response.writeHead(bytes ? 200 : 404);
    response.end(bytes);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#timers.add(timer);
    });
  }
}
