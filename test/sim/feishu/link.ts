/** The long connection: clients, event queue, acknowledgements, redelivery. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Faults } from './faults.ts';
import { decodeFrame, encodeFrame } from './frame.ts';

export interface LinkTimings {
  /** Seconds, told to the client. */
  readonly pingIntervalSecs: number;
  /** An event without an acknowledgement of 200 within this time comes again. */
  readonly ackTimeoutMs: number;
  /** Wait before an event comes again. */
  readonly redeliverMs: number;
}

interface Pending {
  readonly key: string;
  readonly payload: Record<string, unknown>;
  sentAt: number;
  deliveries: number;
  timer?: NodeJS.Timeout;
  resolve(answer: { code: number; data: unknown }): void;
}

export interface Delivery {
  readonly at: number;
  readonly eventId: string;
  readonly type: string;
}

export class Link {
  readonly clients = new Set<WebSocket>();
  readonly deliveries: Delivery[] = [];
  /** code of every acknowledgement, in order. */
  readonly acks: { at: number; code: number; eventId: string }[] = [];
  /** Connections stay open, nothing is answered or delivered. */
  silent = false;
  pings = 0;
  /** Connections that are dead on this side only. */
  #deaf = new WeakSet<WebSocket>();
  #server = new WebSocketServer({ noServer: true, maxPayload: 16 * 1024 * 1024 });
  #faults: Faults;
  #timings: LinkTimings;
  #queue = new Map<string, Pending>();
  #held: Pending | undefined;
  #counter = 0;
  #closed = false;

  constructor(faults: Faults, timings: LinkTimings) {
    this.#faults = faults;
    this.#timings = timings;
  }

  clientConfig(): Record<string, number> {
    const { pingIntervalSecs } = this.#timings;
    return { ReconnectCount: -1, ReconnectInterval: 120, ReconnectNonce: 30, PingInterval: pingIntervalSecs };
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.clients.add(client);
      client.on('close', () => this.clients.delete(client));
      client.on('error', () => client.terminate());
      client.on('message', (data) => {
        if (!this.#deaf.has(client)) this.#receive(client, data as Buffer);
      });
      // The SDK listens a moment after the handshake; the service takes longer than that to come round.
      for (const pending of this.#queue.values()) this.#schedule(pending, 20);
    });
  }

  /** Queues an event until it is acknowledged with 200; resolves with the handler's answer. */
  push(payload: Record<string, unknown>): Promise<{ code: number; data: unknown }> {
    return new Promise((resolve) => {
      const pending: Pending = { key: `ev${++this.#counter}`, payload, sentAt: 0, deliveries: 0, resolve };
      this.#queue.set(pending.key, pending);
      const { reorder, delayMs } = this.#faults.events;
      if (!this.#held && reorder > 0 && this.#faults.random() < reorder) {
        this.#held = pending;
        this.#schedule(pending, 300);
        return;
      }
      this.#schedule(pending, delayMs > 0 ? Math.floor(this.#faults.random() * delayMs) : 0);
      if (this.#held) {
        this.#schedule(this.#held, delayMs + 5);
        this.#held = undefined;
      }
    });
  }

  /** Sends a data frame with any payload, expecting nothing. */
  raw(payload: Buffer, headers: Record<string, string> = {}): void {
    const all = {
      type: 'event',
      message_id: `raw${++this.#counter}`,
      sum: '1',
      seq: '0',
      trace_id: 'raw',
      ...headers,
    };
    for (const client of this.clients)
      client.send(encodeFrame({ seqId: 1n, logId: 1n, service: 1, method: 1, headers: all, payload }));
  }

  get unacknowledged(): number {
    return this.#queue.size;
  }

  /** Every connection of now stays open and is dead: what is sent there goes nowhere, what comes is not heard. */
  deafen(): void {
    for (const client of this.clients) this.#deaf.add(client);
  }

  /** Cuts every connection without a close frame. */
  drop(): void {
    for (const client of this.clients) client.terminate();
    this.clients.clear();
  }

  close(): void {
    this.#closed = true;
    for (const pending of this.#queue.values()) clearTimeout(pending.timer);
    this.#queue.clear();
    this.drop();
    this.#server.close();
  }

  #schedule(pending: Pending, wait: number): void {
    clearTimeout(pending.timer);
    if (this.#closed) return;
    if (wait === 0) return this.#deliver(pending);
    pending.timer = setTimeout(() => this.#deliver(pending), wait);
  }

  #deliver(pending: Pending): void {
    if (!this.#queue.has(pending.key) || this.#closed) return;
    const open = [...this.clients].filter((client) => client.readyState === client.OPEN);
    const client = open[Math.floor(this.#faults.random() * open.length)];
    if (!client || this.silent) return this.#schedule(pending, this.#timings.redeliverMs);
    pending.deliveries += 1;
    pending.sentAt = Date.now();
    const header = pending.payload.header as Record<string, unknown>;
    this.deliveries.push({
      at: pending.sentAt,
      eventId: String(header.event_id),
      type: String(header.event_type),
    });
    const copies = this.#faults.random() < this.#faults.events.duplicate ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) this.#transmit(client, pending, pending.payload);
    if (this.#faults.random() < this.#faults.events.duplicateNewId) {
      const again = {
        ...pending.payload,
        header: { ...header, event_id: `${String(header.event_id)}-again` },
      };
      this.#transmit(client, pending, again);
    }
    this.#schedule(pending, this.#timings.ackTimeoutMs);
  }

  #transmit(client: WebSocket, pending: Pending, payload: Record<string, unknown>): void {
    if (this.#deaf.has(client)) return;
    const bytes = Buffer.from(JSON.stringify(payload));
    const sum = Math.min(Math.max(1, this.#faults.events.fragments), bytes.length);
    const size = Math.ceil(bytes.length / sum);
    const messageId = `${pending.key}.${pending.deliveries}.${++this.#counter}`;
    const order = [...Array(Math.ceil(bytes.length / size)).keys()].reverse();
    for (const seq of order)
      client.send(
        encodeFrame({
          seqId: BigInt(this.#counter),
          logId: 7n,
          service: 1,
          method: 1,
          headers: {
            type: 'event',
            message_id: messageId,
            sum: String(order.length),
            seq: String(seq),
            trace_id: 'tr',
          },
          payload: bytes.subarray(seq * size, (seq + 1) * size),
        }),
      );
  }

  #receive(client: WebSocket, data: Buffer): void {
    if (this.silent) return;
    const frame = decodeFrame(data);
    if (frame.method === 0) {
      if (frame.headers.type !== 'ping') return;
      this.pings += 1;
      const payload = Buffer.from(JSON.stringify(this.clientConfig()));
      client.send(
        encodeFrame({
          seqId: 0n,
          logId: 0n,
          service: frame.service,
          method: 0,
          headers: { type: 'pong' },
          payload,
        }),
      );
      return;
    }
    this.#acknowledge(frame.headers.message_id ?? '', frame.payload ?? Buffer.alloc(0));
  }

  #acknowledge(messageId: string, payload: Buffer): void {
    const pending = this.#queue.get(messageId.split('.')[0] ?? '');
    const answer = JSON.parse(payload.toString('utf8')) as { code: number; data?: string };
    const header = pending?.payload.header as Record<string, unknown> | undefined;
    this.acks.push({ at: Date.now(), code: answer.code, eventId: String(header?.event_id ?? '') });
    if (!pending) return;
    if (answer.code !== 200) return this.#schedule(pending, this.#timings.redeliverMs);
    clearTimeout(pending.timer);
    this.#queue.delete(pending.key);
    const data: unknown = answer.data
      ? JSON.parse(Buffer.from(answer.data, 'base64').toString('utf8'))
      : undefined;
    pending.resolve({ code: answer.code, data });
  }
}
