import type { IncomingMessage, Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

interface Session {
  readonly id: string;
  readonly events: { s: number; t: string; d: unknown }[];
  seq: number;
  socket: WebSocket | undefined;
}

export interface GatewayRules {
  readonly token: string;
  /** What a READY says beside the session, and the events that follow it. */
  greet(): { ready: object; follow: readonly { t: string; d: unknown }[] };
  readonly url: () => string;
}

const MESSAGE_CONTENT = 1 << 15;
/** From the bot's being online to the first words of people who waited for that. */
const REACTION_MS = 400;

/** The gateway: hello, heartbeats, identify, resume with replay, invalid sessions. */
export class SimGateway {
  readonly #rules: GatewayRules;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sessions = new Map<string, Session>();
  /** Frames of clients that were wrong. */
  readonly complaints: string[] = [];
  readonly identifies: object[] = [];
  resumes = 0;
  /** Resumes are left without an answer. */
  ignoreResumes = false;
  heartbeatMs = 150;
  silent = false;
  /** Close every new identify with this code. */
  denyWith: number | undefined;
  /** Sessions cannot be resumed. */
  forgetSessions: boolean | (() => boolean) = false;
  /** People wait with their first words until the bot is online: what is said before nobody could hear. */
  holdEarly = false;
  readonly #early: { t: string; d: unknown }[] = [];
  #greeting: NodeJS.Timeout | undefined;
  #online = false;
  #count = 0;

  constructor(rules: GatewayRules) {
    this.#rules = rules;
  }

  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket, head) => {
      if (this.silent) return;
      this.#server.handleUpgrade(request, socket, head, (client) => this.#welcome(client));
    });
  }

  get sockets(): number {
    return this.#server.clients.size;
  }

  dispatch(t: string, d: unknown): void {
    if (this.holdEarly && !this.#online) {
      this.#early.push({ t, d });
      return;
    }
    for (const session of this.#sessions.values()) {
      const event = { s: ++session.seq, t, d };
      session.events.push(event);
      this.#send(session.socket, { op: 0, ...event });
    }
  }

  /** Sends a frame as it is to every client. */
  raw(frame: unknown): void {
    for (const client of this.#server.clients)
      client.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  cut(): void {
    for (const client of this.#server.clients) client.terminate();
  }

  close(code: number): void {
    for (const client of this.#server.clients) client.close(code);
  }

  end(): void {
    clearTimeout(this.#greeting);
    this.cut();
    this.#server.close();
  }

  #send(socket: WebSocket | undefined, frame: object): void {
    if (socket?.readyState === 1 && !this.silent) socket.send(JSON.stringify(frame));
  }

  #welcome(socket: WebSocket): void {
    let session: Session | undefined;
    this.#send(socket, { op: 10, d: { heartbeat_interval: this.heartbeatMs } });
    socket.on('message', (data) => {
      if (this.silent) return;
      const frame = JSON.parse(String(data)) as { op: number; d: Record<string, unknown> & number };
      if (frame.op === 1) {
        if (Number(frame.d) > 0) this.#seen();
        return this.#send(socket, { op: 11 });
      }
      if (frame.op === 2) session = this.#identify(socket, frame.d);
      else if (frame.op === 6) session = this.#resume(socket, frame.d);
      else this.complaints.push(`op ${frame.op}`);
    });
    socket.on('close', (code) => {
      if (session?.socket === socket) session.socket = undefined;
      // An ordinary farewell ends the session.
      if (session && (code === 1000 || code === 1001)) this.#sessions.delete(session.id);
    });
  }

  #identify(socket: WebSocket, d: Record<string, unknown>): Session | undefined {
    this.identifies.push(d);
    if (this.denyWith !== undefined) return void socket.close(this.denyWith);
    if (d.token !== this.#rules.token) return void socket.close(4004);
    if ((Number(d.intents) & MESSAGE_CONTENT) === 0) this.complaints.push('message content is not asked for');
    const session: Session = { id: `session${++this.#count}`, events: [], seq: 0, socket };
    this.#sessions.set(session.id, session);
    const { ready, follow } = this.#rules.greet();
    const first = { ...ready, session_id: session.id, resume_gateway_url: this.#rules.url() };
    for (const { t, d: data } of [{ t: 'READY', d: first }, ...follow]) {
      const event = { s: ++session.seq, t, d: data };
      session.events.push(event);
      this.#send(socket, { op: 0, ...event });
    }
    return session;
  }

  /** The bot has heard that it is online, and people see that: a little later they write. */
  #seen(): void {
    if (!this.holdEarly || this.#online) return;
    this.#greeting ??= setTimeout(() => {
      this.#online = true;
      for (const { t, d } of this.#early.splice(0)) this.dispatch(t, d);
    }, REACTION_MS);
  }

  #resume(socket: WebSocket, d: Record<string, unknown>): Session | undefined {
    if (this.ignoreResumes) return undefined;
    const session = this.#sessions.get(String(d.session_id));
    if (d.token !== this.#rules.token) return void socket.close(4004);
    const forgets = this.forgetSessions;
    if (!session || (typeof forgets === 'function' ? forgets() : forgets) || Number(d.seq) > session.seq) {
      if (session) this.#sessions.delete(session.id);
      return void this.#send(socket, { op: 9, d: false });
    }
    this.resumes++;
    session.socket?.terminate();
    session.socket = socket;
    for (const event of session.events) if (event.s > Number(d.seq)) this.#send(socket, { op: 0, ...event });
    this.#send(socket, { op: 0, s: ++session.seq, t: 'RESUMED', d: {} });
    return session;
  }
}
