import type { AddressInfo } from 'node:net';
import type { WebSocket, WebSocketServer } from 'ws';
import { shortId } from '../../kit/ids.ts';
import type { Transport } from './transport.ts';

/**
 * A gateway on this machine that passes frames on through the proxy: the SDK's own socket cannot be told to use one.
 * Its path holds a random word, so that no other program of this machine speaks through it.
 */
export class GatewayRelay {
  readonly #transport: Transport;
  readonly #secret = `${shortId()}${shortId()}`;
  #server: WebSocketServer | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async open(): Promise<void> {
    const { WebSocketServer } = await import('ws');
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 64 * 1024 * 1024 });
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve);
      server.once('error', reject);
    });
    server.on('connection', (near, request) => {
      const asked = new URL(request.url ?? '/', 'ws://relay');
      const [, secret, target] = asked.pathname.split('/');
      if (secret !== this.#secret || target === undefined) return near.terminate();
      const url = new URL(Buffer.from(target, 'base64url').toString('utf8'));
      url.search = asked.search;
      return void this.#join(near, url.href);
    });
    this.#server = server;
  }

  /** The address here that leads to `url`. */
  through(url: string): string {
    const port = (this.#server?.address() as AddressInfo | undefined)?.port;
    return `ws://127.0.0.1:${port}/${this.#secret}/${Buffer.from(url).toString('base64url')}/`;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  }

  async #join(near: WebSocket, url: string): Promise<void> {
    const waiting: string[] = [];
    near.on('error', () => undefined);
    let far: WebSocket | undefined;
    near.on('message', (data) => {
      const text = String(data);
      if (far?.readyState === OPEN) far.send(text);
      else waiting.push(text);
    });
    near.on('close', (code) => (code >= 3000 ? far?.close(code) : far?.terminate()));
    const { WebSocket: Socket } = await import('ws');
    const joined = new Socket(url, { agent: await this.#transport.agent(), handshakeTimeout: 20_000 });
    far = joined;
    joined.on('open', () => {
      for (const text of waiting.splice(0)) joined.send(text);
    });
    joined.on('message', (data) => near.send(String(data)));
    joined.on('error', () => near.terminate());
    joined.on('close', (code) => (code >= 3000 || code === 1000 ? near.close(code) : near.terminate()));
    if (near.readyState !== OPEN) joined.terminate();
  }
}

const OPEN = 1;
