import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, type ErrorKind, kindOf } from '../../core/errors.ts';

/** Body of every failed answer. */
export interface ErrorBody {
  readonly error: string;
  readonly advice?: string;
  readonly code: string;
}

const statusOf: Readonly<Partial<Record<ErrorKind, number>>> = {
  validation: 400,
  auth: 401,
  permission: 403,
  not_found: 404,
  missing: 404,
  conflict: 409,
  rate_limit: 429,
  budget: 429,
  unavailable: 503,
  network: 503,
};

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** Status and body for anything thrown. What is not an `AppError` is our own fault and shows no internals. */
export function errorAnswer(error: unknown): { readonly status: number; readonly body: ErrorBody } {
  if (!(error instanceof AppError))
    return {
      status: 500,
      body: { error: 'internal error', code: 'internal', advice: 'see the log of cc-connect' },
    };
  const status = error.code === 'body_too_large' ? 413 : (statusOf[kindOf(error)] ?? 500);
  return {
    status,
    body: { error: error.message, code: error.code, ...(error.advice ? { advice: error.advice } : {}) },
  };
}

/** The JSON object in a request's body, at most `cap` bytes; an empty body is `{}`. */
export async function jsonBody(
  request: IncomingMessage,
  cap: number,
): Promise<Readonly<Record<string, unknown>>> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > cap) throw tooLarge(cap);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > cap) throw tooLarge(cap);
    chunks.push(chunk);
  }
  if (bytes === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new AppError('bad_json', `the body is not JSON: ${(cause as Error).message}`, {
      kind: 'validation',
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AppError('bad_json', 'the body must be a JSON object', { kind: 'validation' });
  return value as Readonly<Record<string, unknown>>;
}

function tooLarge(cap: number): AppError {
  return new AppError('body_too_large', `the request is larger than ${Math.floor(cap / 1024 / 1024)} MiB`, {
    kind: 'validation',
    advice: 'send fewer or smaller files, or raise max_attachment_size_mb',
  });
}
