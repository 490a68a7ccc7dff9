/** A Slack workspace on loopback: Web API, Socket Mode, uploads, downloads, response addresses. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buttonsOf, readMrkdwn, wordsOf } from './blocks.ts';
import { Faults, type Trouble } from './faults.ts';
import { Link, type LinkTimings } from './link.ts';
import { type Args, appMethods, methods, readArgs } from './methods.ts';
import { wireFile, wireMessage } from './wire.ts';
import { type SimChannel, type SimFile, type SimMessage, World } from './world.ts';

export interface SimOptions extends Partial<LinkTimings> {
  /** Scopes the bot token has; told in a header. */
  readonly scopes?: readonly string[];
  /** Name of this machine in the addresses it hands out. */
  readonly host?: string;
}

export interface SentMessage {
  readonly ts: string;
  readonly event: Record<string, unknown>;
}

export class SlackSim {
  readonly world = new World();
  readonly faults = new Faults();
  readonly link: Link;
  readonly team = 'T00000001';
  readonly bot = 'U0000B07';
  readonly botId = 'B0000B07';
  readonly ann = 'U000000AN';
  readonly ben = 'U000000BE';
  readonly botToken = 'xoxb-1111-2222-simsecret';
  readonly appToken = 'xapp-1-A111-3333-simsecret';
  readonly uploads = new Map<string, number>();
  readonly reactions = new Set<string>();
  readonly statuses = new Map<string, string>();
  readonly titles = new Map<string, string>();
  readonly prompts = new Map<string, readonly string[]>();
  /** What an adapter did that the service would allow and we do not want. */
  readonly complaints: string[] = [];
  readonly calls: { readonly method: string; readonly args: Args }[] = [];
  /** Words only one person was shown. */
  readonly ephemerals: { readonly channel: string; readonly text: string }[] = [];
  /** Whether `chat.startStream` exists. */
  streams = true;
  /** Longest blocks of an edit, characters of JSON. */
  updateLimit: number | undefined;
  /** Whether file addresses lead to the login page. */
  filesForbidden = false;
  /** Tokens the service refuses, with its word for it. */
  refused: { bot?: string; app?: string } = {};
  scopes: readonly string[];
  #silent = false;
  #server = createServer((request, response) => void this.#request(request, response));
  #sockets = new Set<Socket>();
  readonly #host: string;
  #port = 0;
  #asked = 0;
  #waiting: ((text: string) => void)[] = [];

  constructor(options: SimOptions = {}) {
    const timings = { ackTimeoutMs: options.ackTimeoutMs ?? 1000, retries: options.retries ?? 50 };
    this.link = new Link(timings, () => this.faults.random() < this.faults.duplicate);
    this.scopes = options.scopes ?? [];
    this.#host = options.host ?? '127.0.0.1';
  }

  async start(): Promise<this> {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
    });
    this.#server.on('upgrade', (request, socket, head) => this.link.upgrade(request, socket, head));
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  get silent(): boolean {
    return this.#silent;
  }

  set silent(on: boolean) {
    this.#silent = on;
    this.link.silent = on;
  }

  socketUrl(): string {
    return `ws://${this.#host}:${this.#port}/link/?ticket=secretticket${++this.#asked}`;
  }

  cut(): void {
    this.link.drop();
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.link.close();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  channel(kind: SimChannel['kind'] = 'channel', member = true): string {
    const prefix = kind === 'im' ? 'D' : kind === 'channel' ? 'C' : 'G';
    const id = this.world.id(prefix);
    const members = new Set([this.ann, this.ben, ...(member ? [this.bot] : [])]);
    this.world.channels.set(id, { id, name: `name-${id.toLowerCase()}`, kind, members });
    return id;
  }

  addFile(name: string, bytes: Buffer, mime: string, owner: string): SimFile {
    const file: SimFile = { id: this.world.id('F'), name, mime, bytes, owner, shared: [] };
    this.world.files.set(file.id, file);
    return file;
  }

  /** A person writes. `quiet`: nothing is sent, as after all retries were in vain. */
  says(
    channel: string,
    words: string,
    how: { user?: string; thread?: string; files?: SimFile[]; quiet?: boolean; mention?: boolean } = {},
  ): SentMessage {
    const text = how.mention ? `<@${this.bot}> ${words}` : words;
    const message = this.world.add({
      channel,
      user: how.user ?? this.ann,
      thread: how.thread,
      text: text
        .replace(/&/g, '&amp;')
        .replace(/<(?!@)/g, '&lt;')
        .replace(/(?<!<@\w+)>/g, '&gt;'),
      files: how.files ?? [],
    });
    const event = this.#event(message);
    if (!how.quiet) {
      void this.sendEvent(event);
      if (text.includes(`<@${this.bot}>`)) {
        const { channel_type: _type, ...mention } = event;
        void this.sendEvent({ ...mention, type: 'app_mention' });
      }
    }
    return { ts: message.ts, event };
  }

  sendEvent(event: object): Promise<object | undefined> {
    return this.link.push('events_api', {
      token: 'verification',
      team_id: this.team,
      api_app_id: 'A111',
      type: 'event_callback',
      event,
      event_id: this.world.id('Ev'),
      event_time: Math.floor(Date.now() / 1000),
      authorizations: [{ team_id: this.team, user_id: this.bot, is_bot: true, is_enterprise_install: false }],
    });
  }

  edits(channel: string, ts: string, text: string): void {
    const message = this.#person(channel, ts);
    const before = this.wire(message);
    message.text = text;
    message.edited = this.world.stamp();
    void this.sendEvent({
      type: 'message',
      subtype: 'message_changed',
      channel,
      channel_type: this.#kind(channel),
      message: this.wire(message),
      previous_message: before,
      ts: this.world.stamp(),
      event_ts: this.world.stamp(),
    });
  }

  recalls(channel: string, ts: string): void {
    const message = this.#person(channel, ts);
    this.world.delete(message);
    void this.sendEvent({
      type: 'message',
      subtype: 'message_deleted',
      channel,
      channel_type: this.#kind(channel),
      deleted_ts: ts,
      previous_message: this.wire(message),
      ts: this.world.stamp(),
      event_ts: this.world.stamp(),
    });
  }

  /** A person presses a button; resolves with what only they are shown, when the adapter has answered. */
  async press(channel: string, ts: string, label: string, user = this.ann): Promise<string | undefined> {
    const message = this.world.find(channel, ts);
    const button = buttonsOf(message?.blocks ?? []).find((one) => one.label === label);
    if (!message || !button) throw new Error(`no button ${label} in ${ts}`);
    const shown = this.#nextEphemeral();
    const acknowledged = await this.link.push(
      'interactive',
      {
        type: 'block_actions',
        user: { id: user, username: 'ann', name: 'ann', team_id: this.team },
        api_app_id: 'A111',
        token: 'verification',
        container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
        trigger_id: this.world.id('trigger'),
        team: { id: this.team, domain: 'sim' },
        channel: { id: channel, name: 'directmessage' },
        message: this.wire(message),
        state: { values: {} },
        response_url: `${this.url}/respond/${channel}`,
        actions: [
          {
            type: 'button',
            action_id: button.actionId,
            block_id: button.blockId,
            text: { type: 'plain_text', text: label },
            value: button.value,
            action_ts: this.world.stamp(),
          },
        ],
      },
      0,
    );
    if (acknowledged === undefined) throw new Error('the press was not acknowledged');
    return shown;
  }

  command(channel: string, command: string, text: string, user = this.ann): Promise<object | undefined> {
    return this.link.push('slash_commands', {
      token: 'verification',
      team_id: this.team,
      team_domain: 'sim',
      channel_id: channel,
      channel_name: 'directmessage',
      user_id: user,
      user_name: 'ann',
      command,
      text,
      api_app_id: 'A111',
      response_url: `${this.url}/respond/${channel}`,
      trigger_id: this.world.id('trigger'),
    });
  }

  /** What the bot has in a channel now, threads included, oldest first. */
  botMessages(channel: string) {
    return this.world.messages
      .filter((message) => message.channel === channel && message.user === this.bot)
      .map((message) => ({
        id: message.files[0] ? `file:${message.files[0].id}` : message.ts,
        ts: message.ts,
        thread: message.thread,
        text: message.blocks.length > 0 ? wordsOf(message.blocks) : readMrkdwn(message.text),
        buttons: buttonsOf(message.blocks).map(({ label }) => label),
        ...(message.files[0]
          ? { file: { name: message.files[0].name, size: message.files[0].bytes.length } }
          : {}),
      }));
  }

  /** The bot's own messages come back as events. */
  echo(message: SimMessage): void {
    void this.sendEvent(this.#event(message));
  }

  ephemeral(channel: string, text: string): void {
    this.ephemerals.push({ channel, text });
    this.#waiting.shift()?.(text);
  }

  wire(message: SimMessage): Record<string, unknown> {
    return wireMessage(this, message);
  }

  wireFile(file: SimFile): Record<string, unknown> {
    return wireFile(this, file);
  }

  #event(message: SimMessage): Record<string, unknown> {
    return {
      ...this.wire(message),
      client_msg_id: `client-${message.ts}`,
      channel_type: this.#kind(message.channel),
      event_ts: message.ts,
    };
  }

  #kind(channel: string): string {
    return this.world.channels.get(channel)?.kind ?? 'channel';
  }

  #person(channel: string, ts: string): SimMessage {
    const message = this.world.find(channel, ts);
    if (!message) throw new Error(`no message ${ts}`);
    return message;
  }

  #nextEphemeral(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const take = (text: string | undefined) => {
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((one) => one !== take);
        resolve(text);
      };
      const timer = setTimeout(() => take(undefined), 2500);
      this.#waiting.push(take);
    });
  }

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // the adapter has hung up
    }
    if (this.#silent) return;
    const path = new URL(request.url ?? '/', this.url).pathname;
    const body = Buffer.concat(chunks);
    const op = path.startsWith('/api/') ? path.slice(5) : (path.split('/')[1] ?? '');
    const trouble = this.faults.take(op);
    if (trouble && trouble.kind !== 'swallow' && trouble.kind !== 'delay')
      return this.#trouble(trouble, request, response);
    if (trouble?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, trouble.ms).unref());
    const { status, headers, text } = this.#answer(path, op, request, body);
    if (trouble?.kind === 'swallow') {
      request.socket.destroy();
      return;
    }
    response.writeHead(status, headers).end(text);
  }

  #trouble(trouble: Trouble, request: IncomingMessage, response: ServerResponse): void {
    const json = { 'content-type': 'application/json' };
    if (trouble.kind === 'reset') request.socket.destroy();
    else if (trouble.kind === 'limit')
      response
        .writeHead(429, { ...json, 'retry-after': String(trouble.seconds) })
        .end('{"ok":false,"error":"ratelimited"}');
    else if (trouble.kind === 'http') response.writeHead(trouble.status).end('<html>bad gateway</html>');
    else if (trouble.kind === 'refuse')
      response
        .writeHead(200, json)
        .end(JSON.stringify({ ok: false, error: trouble.error, needed: trouble.needed }));
  }

  #answer(path: string, op: string, request: IncomingMessage, body: Buffer) {
    const json = (fields: object) => ({
      status: 200,
      headers: { 'content-type': 'application/json', 'x-oauth-scopes': this.scopes.join(',') } as Record<
        string,
        string
      >,
      text: JSON.stringify(fields) as string | Buffer,
    });
    if (path.startsWith('/api/')) return json(this.#call(op, request, body));
    const [, , id = ''] = path.split('/');
    if (op === 'upload') {
      const file = this.world.files.get(id);
      if (file) file.bytes = body;
      return { ...json({}), text: `OK - ${body.length}` };
    }
    if (op === 'respond') {
      const answer = JSON.parse(body.toString('utf8')) as { text?: string; blocks?: unknown[] };
      this.ephemeral(id, answer.blocks ? wordsOf(answer.blocks) : (answer.text ?? ''));
      return json({ ok: true });
    }
    const file = this.world.files.get(id);
    const allowed = request.headers.authorization === `Bearer ${this.botToken}` && !this.filesForbidden;
    if (op === 'files-pri' && !allowed)
      return {
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        text: '<html>Sign in</html>',
      };
    if (op === 'files-pri' && file)
      return { status: 200, headers: { 'content-type': file.mime }, text: file.bytes };
    return { status: 404, headers: {}, text: '' };
  }

  #call(name: string, request: IncomingMessage, body: Buffer): object {
    const wanted = appMethods.has(name) ? this.appToken : this.botToken;
    const word = appMethods.has(name) ? this.refused.app : this.refused.bot;
    const method = methods[name];
    if (!method) return { ok: false, error: 'unknown_method' };
    if (request.headers.authorization !== `Bearer ${wanted}`) return { ok: false, error: 'invalid_auth' };
    if (word !== undefined) return { ok: false, error: word };
    const args = readArgs(body.toString('utf8'));
    this.calls.push({ method: name, args });
    const answer = method(this, args);
    return typeof answer === 'string' ? { ok: false, error: answer } : { ok: true, ...answer };
  }
}
