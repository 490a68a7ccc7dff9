import { PassThrough } from 'node:stream';
import WebSocket from 'ws';
import type { ProcessIdentity } from '../../core/agent.ts';
import { AppError } from '../../core/errors.ts';
import { limited } from '../../kit/deadline.ts';
import { exitDetail } from '../../kit/process/exit-detail.ts';
import type { OwnedProcess } from '../../kit/process/owned-process.ts';

/** How a connection to an app-server ended. */
export interface LinkEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** For people; not redacted. */
  readonly detail: string;
}

/** A connection to an app-server: lines in, lines out, and one owner who closes it. */
export interface Link {
  readonly identity: ProcessIdentity | undefined;
  readonly output: AsyncIterable<Buffer>;
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<LinkEnd>;
  write(line: string): Promise<void>;
  close(
    how: { readonly quick: boolean },
    interrupt: ((signal: AbortSignal) => Promise<void>) | undefined,
    signal: AbortSignal,
  ): Promise<void>;
}

/** Lines of stderr that are always there. */
export const NOISE = /could not create PATH aliases|find bubblewrap/;
/** How long an interrupted turn may take to end before a WebSocket is closed over it. */
const INTERRUPT_MS = 2_000;

/** An app-server of our own, over its stdin and stdout. */
export function processLink(child: OwnedProcess): Link {
  const { pid, startTime } = child.record;
  return {
    identity: startTime === undefined ? undefined : { pid, startTime },
    output: child.stdout,
    ended: child.exited.then((exit) => {
      return { code: exit.code, signal: exit.signal, detail: exitDetail('Codex', exit, NOISE) };
    }),
    write: (line) => child.write(line),
    close: async ({ quick }, interrupt, signal) => {
      // The server ends a running turn at once when its input ends, and leaves commands running when it is killed.
      const ladder = quick ? { eofMs: 500, termMs: 1_500 } : { eofMs: 3_000, termMs: 2_000 };
      await child.close(interrupt === undefined ? ladder : { ...ladder, interrupt }, signal);
    },
  };
}

/** An app-server that somebody else runs, over WebSocket: one message per frame. */
export async function socketLink(url: string, signal: AbortSignal): Promise<Link> {
  const socket = new WebSocket(url, { maxPayload: 256 * 1024 * 1024 });
  const output = new PassThrough();
  socket.on('message', (data: Buffer) => {
    output.write(data);
    if (output.write('\n')) return;
    socket.pause();
    output.once('drain', () => socket.resume());
  });
  let failure = '';
  socket.on('error', (error) => {
    failure = `: ${error.message}`;
  });
  const ended = new Promise<LinkEnd>((resolve) => {
    socket.once('close', (code) => {
      output.end();
      resolve({ code: null, signal: null, detail: `The connection to ${url} ended (${code})${failure}` });
    });
  });
  const abort = () => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  await Promise.race([new Promise((resolve) => socket.once('open', resolve)), ended]);
  signal.removeEventListener('abort', abort);
  signal.throwIfAborted();
  if (socket.readyState !== WebSocket.OPEN) {
    throw new AppError('agent.start_failed', `Cannot connect to the Codex app-server at ${url}${failure}`, {
      kind: 'unavailable',
      advice: 'Start it with `codex app-server --listen ws://…`, or remove app_server_url.',
    });
  }
  return {
    identity: undefined,
    output,
    ended,
    write: (line) =>
      new Promise((resolve, reject) => {
        socket.send(line.trimEnd(), (error) => (error ? reject(error) : resolve()));
      }),
    close: async (_how, interrupt, abort) => {
      await limited(INTERRUPT_MS, [abort], async (limit) => await interrupt?.(limit)).catch(() => undefined);
      socket.close();
      const hard = setTimeout(() => socket.terminate(), INTERRUPT_MS);
      await ended;
      clearTimeout(hard);
    },
  };
}
