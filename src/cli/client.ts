import { request } from 'node:http';
import { AppError, type ErrorKind } from '../core/errors.ts';
import { socketPath } from '../servers/local/socket-path.ts';

/** Longer than anything the daemon does before it answers; `doctor` asks every platform. */
const defaultTimeoutMs = 120_000;

/** One call to the running daemon. Throws `not_running` when nobody listens, and the daemon's own errors as they are. */
export async function callDaemon(
  dataDir: string,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  timeoutMs: number = defaultTimeoutMs,
): Promise<unknown> {
  const { status, text } = await exchange(socketPath(dataDir), method, path, body, timeoutMs);
  const answer = parseAnswer(text);
  if (status < 400) return answer;
  const { error, advice, code } = (answer ?? {}) as { error?: string; advice?: string; code?: string };
  throw new AppError(code ?? 'daemon_error', error ?? `the daemon answered ${status}`, {
    kind: kindOfStatus(status),
    ...(advice ? { advice } : {}),
  });
}

/** `path` with its query; undefined values are left out. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') search.set(name, String(value));
  return search.size > 0 ? `${path}?${search}` : path;
}

export function notRunning(where: string, cause?: unknown): AppError {
  return new AppError('not_running', `cc-connect is not running (no answer on ${where})`, {
    kind: 'missing',
    advice: 'start it with "cc-connect", or name its folder with --data-dir',
    cause,
  });
}

/** True for the error codes of a socket that nobody listens on. */
export function nobodyListens(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR';
}

function exchange(
  socket: string,
  method: string,
  path: string,
  body: unknown,
  timeoutMs: number,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? '' : JSON.stringify(body);
    const call = request(
      {
        socketPath: socket,
        method,
        path,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) },
        agent: false,
        timeout: timeoutMs,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 500, text: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    call.on('timeout', () =>
      call.destroy(new AppError('daemon_silent', 'cc-connect did not answer in time', { kind: 'network' })),
    );
    call.on('error', (error) => reject(describe(error, socket)));
    call.end(payload);
  });
}

function describe(error: Error, socket: string): Error {
  if (error instanceof AppError) return error;
  if (nobodyListens(error)) return notRunning(socket, error);
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EACCES')
    return new AppError('socket_denied', `${socket} belongs to another user`, {
      kind: 'permission',
      advice: 'run this as the user who runs cc-connect',
      cause: error,
    });
  return new AppError('connection_lost', `the connection to cc-connect broke: ${error.message}`, {
    kind: 'ambiguous',
    cause: error,
  });
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('bad_answer', 'the daemon sent an answer that is not JSON', {
      kind: 'unavailable',
      cause,
    });
  }
}

function kindOfStatus(status: number): ErrorKind {
  if (status === 404) return 'not_found';
  if (status === 403) return 'permission';
  if (status === 409) return 'conflict';
  return status < 500 ? 'validation' : 'unavailable';
}
