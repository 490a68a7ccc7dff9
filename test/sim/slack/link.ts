/** Socket Mode: greetings, envelopes, acknowledgements, redelivery. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

export interface LinkTimings {
  /** An envelope without acknowledgement for this long comes again. */
  readonly ackTimeoutMs: number;
  /** How often an event is repeated before it is dropped. */
  readonly retries: number;
}

interface Pending {
  id: string;
  readonly type: string;
  readonly payload: object;
  attempts: number;
  timer: NodeJS.Timeout | undefined;
  readonly resolve: (answer: object | undefined) => void;
}

export class Link {
  readonly clients = new Set<WebSocket>();
  /** The payload of every acknowledgement, in order. */
  readonly acks: { readonly envelope: string; readonly payload: unknown }[] = [];
  readonly sent: { readonly type: string; readonly attempt: number }[] = [];
  /** Connections stay open and nothing is answered or delivered. */
  silent = false;
  readonly #server = new WebSocketServer({ noServer: true, autoPong: false });
  readonly #timings: LinkTimings;
  readonly #pending = new Map<string, Pending>();

  readonly #repeats: () => boolean;

  /** `repeats`: whether the next event is sent a second time at once, under another envelope. */
  constructor(timings: LinkTimings, repeats: () => boolean = () => false) {
    this.#timings = timings;
    this.#repeats = repeats;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.clients.add(client);
      client.on('close', () => this.clients.delete(client));
      client.on('error', () => client.terminate());
      client.on('ping', (data) => {
        if (!this.silent) client.pong(data);
      });
      client.on('message', (data) => this.#acknowledged(String(data)));
      if (this.silent) return;
      client.send(JSON.stringify({ type: 'hello', num_connections: this.clients.size }));
      for (const pending of this.#pending.values()) this.#deliver(pending);
    });
  }

  /** Queues something until it is acknowledged; resolves with the payload of that, undefined when it was dropped. */
  push(type: string, payload: object, retries = this.#timings.retries): Promise<object | undefined> {
    return new Promise((resolve) => {
      const pending: Pending = { id: randomUUID(), type, payload, attempts: 0, timer: undefined, resolve };
      this.#pending.set(pending.id, pending);
      if (this.clients.size === 0 && retries === 0) this.#drop(pending);
      else this.#deliver(pending);
    });
  }

  /** Sends any text to all. */
  raw(text: string): void {
    for (const client of this.clients) client.send(text);
  }

  get unacknowledged(): number {
    return this.#pending.size;
  }

  /** Announces that the connection is recycled. */
  refresh(reason = 'refresh_requested'): void {
    this.raw(JSON.stringify({ type: 'disconnect', reason }));
  }

  /** Cuts every connection without a close frame. */
  drop(): void {
    for (const client of this.clients) client.terminate();
    this.clients.clear();
  }

  close(): void {
    for (const pending of this.#pending.values()) clearTimeout(pending.timer);
    this.#pending.clear();
    this.drop();
    this.#server.close();
  }

  #deliver(pending: Pending): void {
    clearTimeout(pending.timer);
    const client = [...this.clients].at(-1);
    if (!client || this.silent) {
      pending.timer = setTimeout(() => this.#again(pending), this.#timings.ackTimeoutMs);
      return;
    }
    const attempt = pending.attempts++;
    this.sent.push({ type: pending.type, attempt });
    const envelope = {
      envelope_id: pending.id,
      type: pending.type,
      payload: pending.payload,
      accepts_response_payload: pending.type !== 'events_api',
      ...(pending.type === 'events_api'
        ? { retry_attempt: attempt, retry_reason: attempt > 0 ? 'timeout' : '' }
        : {}),
    };
    client.send(JSON.stringify(envelope));
    if (pending.type === 'events_api' && this.#repeats())
      client.send(JSON.stringify({ ...envelope, envelope_id: randomUUID() }));
    pending.timer = setTimeout(() => this.#again(pending), this.#timings.ackTimeoutMs);
  }

  #again(pending: Pending): void {
    if (!this.#pending.has(pending.id)) return;
    // Presses and commands are never repeated.
    const most = pending.type === 'events_api' ? this.#timings.retries : 0;
    if (pending.attempts > most) return this.#drop(pending);
    this.#pending.delete(pending.id);
    pending.id = randomUUID();
    this.#pending.set(pending.id, pending);
    this.#deliver(pending);
  }

  #drop(pending: Pending): void {
    this.#pending.delete(pending.id);
    clearTimeout(pending.timer);
    pending.resolve(undefined);
  }

  #acknowledged(text: string): void {
    if (this.silent) return;
    const { envelope_id: id, payload } = JSON.parse(text) as { envelope_id: string; payload?: object };
    this.acks.push({ envelope: id, payload });
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    pending.resolve(payload ?? {});
  }
}
