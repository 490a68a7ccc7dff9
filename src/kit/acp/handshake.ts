import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestError } from '@agentclientprotocol/sdk';
import { AppError } from '../../core/errors.ts';
import type { AcpConnection } from './connection.ts';
import { type AgentFacts, factsOf } from './facts.ts';
import { keyLogin, loginAdvice, loginNeeded } from './login.ts';
import { outcomeOfError } from './outcome.ts';
import type { AcpPreset } from './preset.ts';
import { isRecord, text, type Wire } from './wire.ts';

/** How an agent is greeted, and what is known for logging in. */
export interface Greeting {
  /** Our abilities that it may use. */
  readonly files: boolean;
  readonly terminals: boolean;
  /** Sent as `authenticate` before a session is opened. */
  readonly authMethod: string | undefined;
  readonly preset: AcpPreset | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Program and arguments, for advice. */
  readonly command: readonly string[];
}

/** The conversation that is wanted. */
export interface Wanted {
  readonly workDir: string;
  readonly systemPrompt?: string;
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

/** The steps from a started process to an open conversation. */
export class Handshake {
  readonly facts: AgentFacts;
  readonly #connection: AcpConnection;
  readonly #greeting: Greeting;

  private constructor(connection: AcpConnection, greeting: Greeting, facts: AgentFacts) {
    this.#connection = connection;
    this.#greeting = greeting;
    this.facts = facts;
  }

  /** Introduces us, learns what the agent can do, and logs in where that is configured. */
  static async begin(connection: AcpConnection, greeting: Greeting, signal: AbortSignal): Promise<Handshake> {
    const { files, terminals, authMethod } = greeting;
    const params = {
      protocolVersion: PROTOCOL,
      clientCapabilities: {
        fs: { readTextFile: files, writeTextFile: files },
        terminal: terminals,
        elicitation: { form: {}, url: {} },
      },
      clientInfo: CLIENT,
    };
    const unknown = new Handshake(connection, greeting, factsOf({}));
    const reply = await unknown.#ask('initialize', params, signal);
    const handshake = new Handshake(connection, greeting, factsOf(reply));
    if (authMethod !== undefined) await handshake.#authenticate(authMethod, signal);
    return handshake;
  }

  /** How to log in, in words. */
  get advice(): string {
    return loginAdvice(this.facts.logins, this.#greeting.preset, this.#greeting.command);
  }

  /** Begins a conversation. */
  async create(wanted: Wanted, signal: AbortSignal): Promise<Opened> {
    const reply = await this.#ask('session/new', this.#params(wanted), signal);
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
   * Rejects `resume_failed` when the agent can do neither or does not know the conversation.
   * `lastUpdate` tells when the last update came (`performance.now()`), to know when a replay is over.
   */
  async resume(
    sessionId: string,
    wanted: Wanted,
    lastUpdate: () => number,
    signal: AbortSignal,
  ): Promise<Opened> {
    if (!this.facts.resume && !this.facts.load) {
      throw new AppError('resume_failed', 'the agent cannot go on with a conversation');
    }
    if (!this.facts.resume) return this.load(sessionId, wanted, lastUpdate, signal);
    return this.#reopen('session/resume', sessionId, wanted, signal);
  }

  /** Loads a conversation; the agent repeats it as updates, some of them after its reply. */
  async load(
    sessionId: string,
    wanted: Wanted,
    lastUpdate: () => number,
    signal: AbortSignal,
  ): Promise<Opened> {
    const opened = await this.#reopen('session/load', sessionId, wanted, signal);
    await replayOver(lastUpdate, signal);
    return opened;
  }

  async #reopen(method: string, sessionId: string, wanted: Wanted, signal: AbortSignal): Promise<Opened> {
    try {
      const reply = await this.#ask(method, { sessionId, ...this.#params(wanted) }, signal);
      return { sessionId: text(reply.sessionId) ?? sessionId, reply, origin: 'resumed' };
    } catch (error) {
      // A refusal means: not this conversation. A lost login or a dead process is no refusal.
      if (!(error instanceof AppError) || error.code !== 'agent.refused') throw error;
      throw new AppError('resume_failed', 'the agent does not know this conversation any more', {
        kind: 'missing',
        cause: error,
      });
    }
  }

  #params({ workDir, systemPrompt = '' }: Wanted): object {
    const params = { cwd: workDir, mcpServers: [] };
    if (this.#greeting.preset?.systemPrompt !== true || systemPrompt.trim() === '') return params;
    return { ...params, _meta: { systemPrompt: { append: systemPrompt } } };
  }

  /** Asks; when that needs a login and one is possible without a person, logs in and asks again. */
  async #ask(method: string, params: object, signal: AbortSignal): Promise<Wire> {
    const { authMethod, env, preset } = this.#greeting;
    try {
      return await this.#connection.request(method, params, signal);
    } catch (error) {
      const way = authMethod === undefined ? keyLogin(this.facts, env, preset) : undefined;
      const needed = isRequestError(error) && error.code === AUTH_REQUIRED;
      if (!needed || way === undefined) throw this.#refused(error, method);
      await this.#authenticate(way, signal);
    }
    return this.#connection.request(method, params, signal).catch((error: unknown) => {
      throw this.#refused(error, method);
    });
  }

  async #authenticate(methodId: string, signal: AbortSignal): Promise<void> {
    await this.#connection.request('authenticate', { methodId }, signal).catch((error: unknown) => {
      throw this.#refused(error, 'authenticate');
    });
  }

  #refused(error: unknown, method: string): unknown {
    if (!isRequestError(error)) return error;
    const outcome = outcomeOfError({ code: error.code, message: error.message, data: error.data });
    const message = outcome.status === 'error' ? outcome.message : error.message;
    if (outcome.status === 'error' && outcome.code === 'auth')
      return loginNeeded(message, this.advice, error);
    return new AppError('agent.refused', `The agent refused ${method}: ${message}`, {
      advice: 'Start the agent by hand in the working directory to see what it lacks.',
      cause: error,
    });
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
