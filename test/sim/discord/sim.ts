import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { seeded } from '../feishu/faults.ts';
import { SimGateway } from './gateway.ts';
import { routes } from './routes.ts';
import { Refusal, type Wire } from './validate.ts';
import { visible } from './visible.ts';

export interface SimMessage {
  readonly id: string;
  readonly channel_id: string;
  readonly author: Wire;
  type: number;
  content: string;
  embeds: Wire[];
  components: Wire[];
  attachments: Wire[];
  nonce?: string;
  readonly extra: Wire;
  edited_timestamp: string | null;
  reactions: string[];
  ephemeral?: boolean;
}

export interface SimChannel {
  readonly id: string;
  readonly guild?: string;
  readonly type: number;
  readonly parent?: string;
  readonly owner?: string;
  name: string;
  messages: SimMessage[];
}

export type Fault =
  | { readonly kind: 'rate_limit'; readonly seconds: number }
  | { readonly kind: 'status'; readonly status: number; readonly code?: number }
  | { readonly kind: 'html' }
  | { readonly kind: 'swallow' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'delay'; readonly ms: number };

/** Shares of calls, 0 … 1, that suffer each fault; drawn from a seeded generator. */
export interface RandomFaults {
  readonly seed: number;
  readonly swallow: number;
  readonly reset: number;
  readonly html: number;
  readonly delay: number;
  readonly rateLimit: number;
  /** Share of messages whose event comes twice. */
  readonly duplicate: number;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: Wire;
  readonly query: URLSearchParams;
  readonly files: readonly { readonly name: string; readonly bytes: Buffer }[];
  readonly authorized: boolean;
}

/** One interaction under way, with what the person sees of it. */
export interface SimInteraction {
  readonly id: string;
  readonly token: string;
  readonly channel: string;
  readonly acks: Wire[];
  readonly followUps: SimMessage[];
  /** Words of all follow-ups, also of those that are gone again. */
  readonly said: string[];
  original: SimMessage | undefined;
}

/** A Discord of one server: REST and gateway on a loopback port. */
export class DiscordSim {
  readonly botId = '210000000000000001';
  readonly token =
    `${Buffer.from('210000000000000001').toString('base64url')}.simul8.secret-part-of-the-token`;
  readonly guild = '310000000000000001';
  readonly botRole = '310000000000000009';
  readonly channels = new Map<string, SimChannel>();
  readonly interactions = new Map<string, SimInteraction>();
  readonly files = new Map<string, Buffer>();
  readonly gateway: SimGateway;
  readonly calls: Call[] = [];
  commands: Wire[] | undefined;
  commandsAt: string | undefined;
  typing = 0;
  uploadLimit = 10 * 1024 * 1024;
  applicationFlags = 1 << 19;
  /** The name under which the service tells its own addresses. */
  host = '127.0.0.1';
  startsLeft = 900;
  tokenRevoked = false;
  silent = false;
  /** Faults for the next calls whose `METHOD path` matches. */
  readonly #faults: { readonly match: RegExp; readonly fault: Fault }[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #random: RandomFaults | undefined;
  #draw = seeded(1);
  #ids = 0;
  #last: Wire | undefined;

  constructor() {
    this.gateway = new SimGateway({
      token: this.token,
      greet: () => this.#greet(),
      url: () => this.gatewayUrl,
    });
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.gateway.attach(this.#server);
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    this.gateway.end();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }
  get url(): string {
    return `http://127.0.0.1:${this.port}/api`;
  }
  get gatewayUrl(): string {
    return `ws://${this.host}:${this.port}/`;
  }
  get connections(): number {
    return this.#sockets.size;
  }

  /** Faults by chance, until they are taken away. */
  chance(shares: RandomFaults | undefined): void {
    this.#random = shares;
    this.#draw = seeded(shares?.seed ?? 1);
  }

  fault(match: RegExp, fault: Fault): void {
    this.#faults.push({ match, fault });
  }

  setSilent(on: boolean): void {
    this.silent = on;
    this.gateway.silent = on;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** A new id; ids rise. */
  id(): string {
    return String((BigInt(Date.now() - 1_420_070_400_000) << 22n) + BigInt(++this.#ids));
  }

  user(id: string, name: string): Wire {
    return { id, username: name.toLowerCase(), global_name: name, discriminator: '0', avatar: null };
  }

  channel(options: Partial<SimChannel> & { type: number }): SimChannel {
    const channel = { id: this.id(), name: 'general', messages: [], ...options };
    this.channels.set(channel.id, channel);
    if (channel.guild !== undefined)
      this.gateway.dispatch(channel.parent ? 'THREAD_CREATE' : 'CHANNEL_CREATE', this.channelWire(channel));
    return channel;
  }

  channelWire(channel: SimChannel): Wire {
    const { id, type, guild, parent, owner, name, messages } = channel;
    return {
      id,
      type,
      name,
      last_message_id: messages.at(-1)?.id ?? null,
      ...(guild ? { guild_id: guild } : {}),
      ...(parent ? { parent_id: parent, owner_id: owner } : {}),
    };
  }

  /** A person writes; `extra` holds further fields of the message. */
  says(channel: SimChannel, author: Wire, content: string, extra: Wire = {}): SimMessage {
    const message = this.store(channel, author, { content, ...extra });
    this.#last = this.wire(message);
    this.gateway.dispatch('MESSAGE_CREATE', this.#last);
    if (this.#random && this.#draw() < this.#random.duplicate) this.redeliverLast();
    return message;
  }

  /** A file people may attach; it is served from the loopback port. */
  attachment(name: string, bytes: Buffer, type: string): Wire {
    const id = this.id();
    const path = `/cdn/attachments/${id}/${encodeURIComponent(name)}`;
    this.files.set(path, bytes);
    const url = `http://${this.host}:${this.port}${path}`;
    return { id, filename: name, size: bytes.length, content_type: type, url };
  }

  /** Fields that make a message an answer to another. */
  replying(channel: SimChannel, id: string): Wire {
    const reference = { type: 0, message_id: id, channel_id: channel.id };
    return {
      type: 19,
      message_reference: reference,
      referenced_message: this.wire(this.find(channel.id, id), true),
    };
  }

  redeliverLast(): void {
    this.gateway.dispatch('MESSAGE_CREATE', this.#last);
  }

  edits(message: SimMessage, content: string): void {
    message.content = content;
    message.edited_timestamp = new Date().toISOString();
    this.gateway.dispatch('MESSAGE_UPDATE', this.wire(message));
  }

  deletes(message: SimMessage): void {
    const channel = this.channels.get(message.channel_id);
    if (channel) channel.messages = channel.messages.filter((one) => one !== message);
    const guild = channel?.guild;
    this.gateway.dispatch('MESSAGE_DELETE', {
      id: message.id,
      channel_id: message.channel_id,
      ...(guild ? { guild_id: guild } : {}),
    });
  }

  store(channel: SimChannel, author: Wire, body: Wire): SimMessage {
    const { content = '', embeds = [], components = [], attachments = [], nonce, type = 0, ...extra } = body;
    const message: SimMessage = {
      id: this.id(),
      channel_id: channel.id,
      author,
      type: Number(type),
      content: String(content),
      embeds: embeds as Wire[],
      components: components as Wire[],
      attachments: attachments as Wire[],
      ...(nonce === undefined ? {} : { nonce: String(nonce) }),
      extra,
      edited_timestamp: null,
      reactions: [],
    };
    channel.messages.push(message);
    return message;
  }

  /** A message as an event tells it; history tells neither server nor member. */
  wire(message: SimMessage, history = false): Wire {
    const guild = this.channels.get(message.channel_id)?.guild;
    const { extra, reactions: _reactions, ephemeral: _ephemeral, nonce, ...rest } = message;
    const mentioned = [...message.content.matchAll(/<@!?(\d+)>/g)].map(([, id]) =>
      this.user(id ?? '', `U${id?.slice(-3)}`),
    );
    return {
      ...rest,
      mentions: mentioned,
      mention_roles: [...message.content.matchAll(/<@&(\d+)>/g)].map(([, id]) => id),
      mention_everyone: /@(everyone|here)/.test(message.content),
      timestamp: new Date().toISOString(),
      tts: false,
      pinned: false,
      ...extra,
      ...(history
        ? {}
        : { ...(nonce ? { nonce } : {}), ...(guild ? { guild_id: guild, member: { nick: null } } : {}) }),
    };
  }

  find(channel: string, id: string): SimMessage {
    const found = this.channels.get(channel)?.messages.find((message) => message.id === id);
    if (!found) throw new Refusal(404, 10008, 'Unknown Message');
    return found;
  }

  botMessages(channel: string): SimMessage[] {
    return (this.channels.get(channel)?.messages ?? []).filter(({ author }) => author.id === this.botId);
  }

  /** Words and labels as a person sees them. */
  seen(message: SimMessage): { text: string; buttons: string[] } {
    const hidden = (Number(message.extra.flags ?? 0) & 4) !== 0;
    const embeds = (hidden ? [] : message.embeds).map((embed) =>
      [embed.title, embed.description, (embed.footer as Wire | undefined)?.text]
        .filter((part) => typeof part === 'string' && part !== '')
        .map((part) => visible(String(part)))
        .join('\n'),
    );
    const parts = message.components.flatMap((row) => row.components as Wire[]);
    return {
      text: [visible(message.content), ...embeds].filter((part) => part !== '').join('\n'),
      buttons: parts.filter(({ type }) => type === 2).map(({ label }) => String(label)),
    };
  }

  /** The person uses something of a message or types a command. */
  interact(channel: SimChannel, user: Wire, type: number, data: Wire, message?: SimMessage): SimInteraction {
    const interaction: SimInteraction = {
      id: this.id(),
      token: `aW50ZXJhY3Rpb24${this.id()}`,
      channel: channel.id,
      acks: [],
      followUps: [],
      said: [],
      original: message,
    };
    this.interactions.set(interaction.id, interaction);
    this.gateway.dispatch('INTERACTION_CREATE', {
      id: interaction.id,
      application_id: this.botId,
      token: interaction.token,
      type,
      data,
      version: 1,
      locale: 'de',
      channel_id: channel.id,
      channel: this.channelWire(channel),
      ...(message ? { message: this.wire(message, true) } : {}),
      ...(channel.guild ? { guild_id: channel.guild, member: { user, nick: null } } : { user }),
    });
    return interaction;
  }

  /** Presses a button by its label; resolves with the words only that person sees, if any come. */
  async press(channel: SimChannel, user: Wire, id: string, label: string): Promise<string | undefined> {
    const message = this.find(channel.id, id);
    const part = message.components
      .flatMap((row) => row.components as Wire[])
      .find((component) => component.type === 2 && component.label === label);
    if (!part) throw new Error(`no button "${label}" on ${id}`);
    const interaction = this.interact(
      channel,
      user,
      3,
      { custom_id: part.custom_id, component_type: 2 },
      message,
    );
    const end = Date.now() + 3000;
    while (interaction.said.length === 0 && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 5));
    if (interaction.acks.length !== 1) throw new Error('This interaction failed');
    return interaction.said[0];
  }

  roles(): Wire[] {
    return [
      { id: this.guild, name: '@everyone' },
      { id: this.botRole, name: 'Bot', tags: { bot_id: this.botId } },
    ];
  }

  #greet() {
    const all = [...this.channels.values()].filter(({ guild }) => guild !== undefined);
    return {
      ready: {
        v: 10,
        user: { ...this.user(this.botId, 'Bot'), bot: true },
        guilds: [{ id: this.guild, unavailable: true }],
        application: { id: this.botId, flags: this.applicationFlags },
      },
      follow: [
        {
          t: 'GUILD_CREATE',
          d: {
            id: this.guild,
            name: 'Guild',
            roles: this.roles(),
            channels: all.filter(({ parent }) => !parent).map((channel) => this.channelWire(channel)),
            threads: all.filter(({ parent }) => parent).map((channel) => this.channelWire(channel)),
          },
        },
      ],
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    if (this.silent) return;
    const url = new URL(request.url ?? '/', this.url);
    if (url.pathname.startsWith('/cdn/')) return this.#serveFile(url.pathname, response);
    const call = await readCall(request, url, Buffer.concat(chunks), this.token, this.tokenRevoked);
    this.calls.push(call);
    const fault = this.#takeFault(`${call.method} ${call.path}`);
    if (fault?.kind === 'reset') return void request.socket.destroy();
    if (fault?.kind === 'rate_limit') {
      const body = { message: 'You are being rate limited.', retry_after: fault.seconds, global: false };
      return answer(response, 429, body, {
        'retry-after': String(fault.seconds),
        'x-ratelimit-scope': 'user',
      });
    }
    if (fault?.kind === 'html') return answer(response, 502, '<html>Bad Gateway</html>');
    if (fault?.kind === 'status')
      return answer(response, fault.status, { message: 'refused', code: fault.code ?? 0 });
    if (fault?.kind === 'delay') {
      await new Promise((resolve) => setTimeout(resolve, fault.ms).unref());
      if (response.destroyed) return;
    }
    try {
      const made = routes(this, call);
      if (fault?.kind === 'swallow') return void request.socket.destroy();
      return made === undefined ? answer(response, 204, '') : answer(response, 200, made);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(500, 0, String(error));
      return answer(response, refusal.status, { message: refusal.message, code: refusal.code });
    }
  }

  #takeFault(call: string): Fault | undefined {
    const at = this.#faults.findIndex(({ match }) => match.test(call));
    if (at >= 0) return this.#faults.splice(at, 1)[0]?.fault;
    const shares = this.#random;
    if (!shares) return undefined;
    if (this.#draw() < shares.swallow) return { kind: 'swallow' };
    if (this.#draw() < shares.reset) return { kind: 'reset' };
    if (this.#draw() < shares.html) return { kind: 'html' };
    if (this.#draw() < shares.delay) return { kind: 'delay', ms: 120 };
    if (this.#draw() < shares.rateLimit) return { kind: 'rate_limit', seconds: 1 };
    return undefined;
  }

  #serveFile(path: string, response: ServerResponse): void {
    const bytes = this.files.get(path);
    response.writeHead(bytes ? 200 : 404).end(bytes);
  }
}

async function readCall(
  request: IncomingMessage,
  url: URL,
  bytes: Buffer,
  token: string,
  revoked: boolean,
): Promise<Call> {
  const type = request.headers['content-type'] ?? '';
  const files: { name: string; bytes: Buffer }[] = [];
  let body: Wire = {};
  if (type.startsWith('multipart/')) {
    const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
    for (const [name, value] of form.entries()) {
      if (name === 'payload_json') body = JSON.parse(String(value)) as Wire;
      else if (typeof value !== 'string')
        files.push({ name: value.name, bytes: Buffer.from(await value.arrayBuffer()) });
    }
  } else if (bytes.length > 0) body = JSON.parse(bytes.toString('utf8')) as Wire;
  return {
    method: request.method ?? 'GET',
    path: url.pathname.replace(/^\/api\/v10/, ''),
    query: url.searchParams,
    body,
    files,
    authorized: request.headers.authorization === `Bot ${token}` && !revoked,
  };
}

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const html = typeof body === 'string';
  response.writeHead(status, { 'content-type': html ? 'text/html' : 'application/json', ...headers });
  response.end(status === 204 ? undefined : html ? body : JSON.stringify(body));
}
