import { request } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../../core/errors.ts';
import { NdjsonDecoder } from '../../kit/ndjson.ts';
import type { ClientFrame, ServerFrame } from '../../platforms/terminal/frames.ts';
import type { AttachTarget } from '../../servers/local/backend.ts';
import { nobodyListens, notRunning, withQuery } from '../client.ts';

const lineCapBytes = 256 * 1024 * 1024;

export interface ConnectionEvents {
  frame(frame: ServerFrame): void;
  /** The connection has ended; not called after `close`. */
  lost(): void;
}

/** One attachment to a chat of the daemon. */
export interface Connection {
  send(frame: ClientFrame): void;
  close(): void;
}

/** Attaches over the socket. Throws `not_running` when nobody listens there; a refusal arrives as a frame. */
export function connectChat(
  socketPath: string,
  where: AttachTarget,
  events: ConnectionEvents,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const call = request({
      socketPath,
      path: withQuery('/attach', { project: where.project, session: where.session }),
      headers: { connection: 'upgrade', upgrade: 'cc-terminal' },
      agent: false,
    });
    call.on('upgrade', (_response, socket: Socket, head: Buffer) => resolve(attach(socket, head, events)));
    call.on('response', (response) => {
      response.resume();
      reject(
        new AppError('bad_answer', `the daemon answered ${response.statusCode ?? 0}`, {
          kind: 'unavailable',
        }),
      );
    });
    call.on('error', (error) => reject(nobodyListens(error) ? notRunning(socketPath, error) : error));
    call.end();
  });
}

function attach(socket: Socket, head: Buffer, events: ConnectionEvents): Connection {
  const decoder = new NdjsonDecoder({ lineCap: lineCapBytes });
  let closed = false;
  const take = (chunk: Buffer): void => {
    // The daemon is the same program, so its frames are taken as they are.
    for (const value of decoder.push(chunk)) events.frame(value as unknown as ServerFrame);
  };
  // The caller has not got the connection yet; frames must not overtake it.
  setImmediate(() => {
    if (head.length > 0) take(head);
    socket.on('data', take);
  });
  socket.on('error', () => socket.destroy());
  socket.once('end', () => socket.end());
  socket.once('close', () => {
    if (!closed) events.lost();
  });
  return {
    send(frame) {
      if (socket.writable) socket.write(`${JSON.stringify(frame)}\n`);
    },
    close() {
      closed = true;
      socket.end();
      setTimeout(() => socket.destroy(), 500).unref();
    },
  };
}
