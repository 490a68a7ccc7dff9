import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestError } from '@agentclientprotocol/sdk';
import { AppError } from '../../core/errors.ts';
import type { AcpConnection } from './connection.ts';
import { outcomeOfError } from './outcome.ts';
import { isRecord, record, records, text, type Wire } from './wire.ts';

/** What an agent says of itself in reply to `initialize`. */
export interface AgentFacts {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly load: boolean;
  readonly resume: boolean;
  readonly list: boolean;
  readonly remove: boolean;
  readonly images: boolean;
  readonly logins: readonly { readonly id: string; readonly name: string }[];
}

/** A conversation that is ready for its first prompt. */
export interface Opened {
  readonly sessionId: string;
  /** The reply with modes, models and options. */
  readonly reply: Wire;
  readonly origin: 'new' | 'resumed';
}

/** Node-style clients introduce themselves by name only; the version is of no use to agents. */
const CLIENT = { name: 'cc-connect', title: 'cc-connect', version: '1' };
/** Protocol version that all known agents speak. */
const PROTOCOL = 1;
/** Replays may go on after the reply to `session/load`; silence for this long ends them … */
const QUIET_MS = 250;
/** … or this much time in all. */
const MAX_REPLAY_MS = 3_000;
const AUTH_REQUIRED = -32000;

export async function initialize(
  connection: AcpConnection,
  options: { files: boolean },
  signal: AbortSignal,
): Promise<AgentFacts> {
  const reply = await connection
    .request(
      'initialize',
      {
        protocolVersion: PROTOCOL,
        clientCapabilities: {
          fs: { readTextFile: options.files, writeTextFile: options.files },
          terminal: false,
        },
        clientInfo: CLIENT,
      },
      signal,
    )
    .catch((error: unknown) => {
      throw refused(error, 'initialize', []);
    });
  return factsOf(reply);
}

/** Reads the reply to `initialize`. An ability is there when its key is, whatever its value (`list: {}`). */
export function factsOf(reply: Wire): AgentFacts {
  const info = record(reply.agentInfo);
  const abilities = record(reply.agentCapabilities);
  const session = record(abilities.sessionCapabilities);
  const has = (key: string) => session[key] !== undefined && session[key] !== null && session[key] !== false;
  return {
    name: text(info.title) ?? text(info.name),
    version: text(info.version),
    load: abilities.loadSession === true,
    resume: has('resume'),
    list: has('list'),
    remove: has('delete'),
    images: record(abilities.promptCapabilities).image === true,
    logins: records(reply.authMethods).map((method) => ({
      id: text(method.id) ?? '',
      name: text(method.name) ?? text(method.id) ?? '',
    })),
  };
}

export async function authenticate(
  connection: AcpConnection,
  facts: AgentFacts,
  methodId: string,
  signal: AbortSignal,
): Promise<void> {
  await connection.request('authenticate', { methodId }, signal).catch((error: unknown) => {
    throw refused(error, 'authenticate', facts.logins);
  });
}

/** Begins a conversation. */
export async function newSession(
  connection: AcpConnection,
  facts: AgentFacts,
  workDir: string,
  signal: AbortSignal,
): Promise<Opened> {
  const params = { cwd: workDir, mcpServers: [] };
  const reply = await connection.request('session/new', params, signal).catch((error: unknown) => {
    throw refused(error, 'session/new', facts.logins);
  });
  const sessionId = text(reply.sessionId);
  if (sessionId === undefined) {
    throw new AppError('agent.protocol', 'The agent opened a session without telling its id', {
      advice: 'Update the agent; its ACP support may be too old.',
    });
  }
  return { sessionId, reply, origin: 'new' };
}

/**
 * Resumes a conversation: `session/resume` where there is one, since it repeats nothing, else `session/load`.
 * Undefined when the agent can do neither or does not know the conversation.
 * `lastUpdate` tells when the last update came (`performance.now()`), to know when a replay is over.
 */
export async function resumeSession(
  connection: AcpConnection,
  facts: AgentFacts,
  target: { sessionId: string; workDir: string; lastUpdate: () => number },
  signal: AbortSignal,
): Promise<Opened | undefined> {
  const { sessionId, workDir } = target;
  if (!facts.resume && !facts.load) return undefined;
  const method = facts.resume ? 'session/resume' : 'session/load';
  try {
    const params = { sessionId, cwd: workDir, mcpServers: [] };
    const reply = await connection.request(method, params, signal);
    if (method === 'session/load') await replayOver(target.lastUpdate, signal);
    return { sessionId: text(reply.sessionId) ?? sessionId, reply, origin: 'resumed' };
  } catch (error) {
    // A refusal means: not this conversation, so a new one is begun. A lost login or a dead process is no refusal.
    if (isRequestError(error) && error.code !== AUTH_REQUIRED) return undefined;
    throw refused(error, method, facts.logins);
  }
}

async function replayOver(lastUpdate: () => number, signal: AbortSignal): Promise<void> {
  const start = performance.now();
  while (performance.now() - start < MAX_REPLAY_MS) {
    const quiet = performance.now() - Math.max(lastUpdate(), start);
    if (quiet >= QUIET_MS) return;
    await sleep(QUIET_MS - quiet, undefined, { signal });
  }
}

/** True for an error reply of the agent, as opposed to a lost connection or a time-out. */
export function isRequestError(error: unknown): error is RequestError {
  return isRecord(error) && error.name === 'RequestError' && typeof error.code === 'number';
}

function refused(error: unknown, method: string, logins: AgentFacts['logins']): unknown {
  if (!isRequestError(error)) return error;
  const outcome = outcomeOfError({ code: error.code, message: error.message, data: error.data });
  const message = outcome.status === 'error' ? outcome.message : error.message;
  if (outcome.status === 'error' && outcome.code === 'auth') {
    const ways = logins.map(({ id, name }) => `${id} (${name})`).join(', ');
    return new AppError('agent.auth', `The agent is not logged in: ${message}`, {
      kind: 'auth',
      advice: `Log in by starting the agent in a terminal${ways === '' ? '' : `, or set auth_method to one of: ${ways}`}.`,
      cause: error,
    });
  }
  return new AppError('agent.refused', `The agent refused ${method}: ${message}`, {
    advice: 'Start the agent by hand in the working directory to see what it lacks.',
    cause: error,
  });
}
