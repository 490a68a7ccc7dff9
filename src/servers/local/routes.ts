import { AppError } from '../../core/errors.ts';
import type { LocalBackend, Target } from './backend.ts';
import { parseSendBody, removeUploads, type SendLimits } from './send-body.ts';

export interface Call {
  readonly query: URLSearchParams;
  /** The parsed JSON body; reading it is the route's decision. */
  body(): Promise<Readonly<Record<string, unknown>>>;
  /** Fires when the caller is gone. */
  readonly signal: AbortSignal;
}

type Route = (backend: LocalBackend, call: Call, limits: SendLimits) => Promise<unknown>;

/** Everything the local socket answers, by method and path. */
export const routes: Readonly<Record<string, Route>> = {
  'POST /send': async (backend, call, limits) => {
    const request = await parseSendBody(await call.body(), limits);
    try {
      const sent = await backend.send(request);
      return { status: 'ok', project: sent.project, session_key: sent.sessionKey };
    } finally {
      await removeUploads(request.files);
    }
  },
  'GET /sessions': async (backend, call) => {
    const project = value(call, 'project');
    const sessions = await backend.sessions(project === undefined ? {} : { project });
    // `session_key` is what the Go cc-connect's callers read.
    return sessions.map((session) => ({ ...session, session_key: session.sessionKey }));
  },
  'GET /sessions/show': (backend, call) =>
    backend.session({ id: required(call, 'id'), last: count(call, 'last', 20) }),
  'GET /agent-sid': async (backend, call) => ({ id: (await backend.agentSid(target(call))) ?? null }),
  'GET /status': (backend) => backend.status(),
  'GET /trace': (backend, call) => backend.trace(required(call, 'id')),
  'GET /audit': (backend, call) =>
    backend.audit({
      project: value(call, 'project'),
      actor: value(call, 'actor'),
      last: count(call, 'last', 50),
    }),
  'GET /routes': (backend, call) =>
    backend.routes({
      platform: value(call, 'platform'),
      chat: value(call, 'chat'),
      thread: value(call, 'thread'),
      user: value(call, 'user'),
    }),
  'POST /reload': (backend) => backend.reload(),
  'GET /pair': (backend) => backend.pairings(),
  'POST /pair/approve': async (backend, call) =>
    backend.approvePairing(field(await call.body(), 'code').trim()),
  'POST /pair/revoke': async (backend, call) => backend.revokePairing(field(await call.body(), 'id')),
  'GET /doctor': (backend, call) => backend.doctor(call.signal),
  'POST /shutdown': async (backend, call) => {
    backend.shutdown(field(await call.body(), 'reason'));
    return { status: 'stopping', pid: process.pid };
  },
};

export function target(call: Pick<Call, 'query'>): Target {
  const project = value(call, 'project');
  const session = value(call, 'session') ?? value(call, 'session_key');
  return {
    ...(project === undefined ? {} : { project }),
    ...(session === undefined ? {} : { session }),
  };
}

function value(call: Pick<Call, 'query'>, name: string): string | undefined {
  return call.query.get(name) || undefined;
}

function required(call: Call, name: string): string {
  const given = value(call, name);
  if (given === undefined) throw new AppError('bad_request', `"${name}" is missing`, { kind: 'validation' });
  return given;
}

function count(call: Call, name: string, fallback: number): number {
  const given = value(call, name);
  if (given === undefined) return fallback;
  if (!/^\d{1,5}$/.test(given))
    throw new AppError('bad_request', `"${name}" must be a number`, { kind: 'validation' });
  return Number(given);
}

function field(body: Readonly<Record<string, unknown>>, name: string): string {
  const given = body[name];
  if (typeof given !== 'string' || given === '' || given.length > 1000)
    throw new AppError('bad_request', `"${name}" must be text`, { kind: 'validation' });
  return given;
}
