import { randomUUID } from 'node:crypto';
import type { Agent, AgentCapabilities, AgentContext, AgentMode, SessionSpec } from '../../core/agent.ts';
import { AppError, describeError } from '../../core/errors.ts';
import type { Finding, Log } from '../../core/platform.ts';
import type { ProcessSpec } from '../process/owned-process.ts';
import type { AcpConnection } from './connection.ts';
import {
  type AgentFacts,
  authenticate,
  initialize,
  newSession,
  type Opened,
  resumeSession,
} from './handshake.ts';
import { AcpSession } from './session.ts';
import { AcpStore } from './store.ts';

/** What makes one ACP agent different from another. */
export interface AcpAgentConfig {
  readonly type: string;
  readonly label: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Set over the session's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly workDir: string;
  /** Sent as `authenticate` before a session is opened. */
  readonly authMethod?: string;
  readonly mode?: string;
  readonly model?: string;
  /** Offers the agent to read and write files of the work dir through us. */
  readonly files?: boolean;
  readonly nestingVariables?: readonly string[];
  readonly capabilities?: Partial<AgentCapabilities>;
}

/** Time for the start of the process and each step of the handshake; slow agents need several seconds. */
const OPEN_MS = 90_000;
const CHECK_MS = 20_000;

/** Variables by which wrapped agents believe to run inside themselves. */
const NESTING = ['CLAUDECODE', 'CLAUDE_CODE_ENTRYPOINT'];

/** Stands for "as the agent starts" until the agent has told its modes. */
const START_MODE: AgentMode = {
  id: 'default',
  aliases: [],
  label: 'Default',
  description: 'The mode the agent starts in.',
};

/** An agent that speaks the Agent Client Protocol over its stdio. */
export class AcpAgent implements Agent {
  readonly type: string;
  readonly label: string;
  readonly capabilities: AgentCapabilities;
  readonly defaultMode: string;
  readonly defaultModel: string | undefined;
  readonly defaultEffort = undefined;
  readonly workDir: string;
  readonly configuredModels = [];
  readonly store: AcpStore;
  readonly #config: AcpAgentConfig;
  readonly #log: Log;
  #modes: readonly AgentMode[];
  /** The environment of the last conversation, for questions asked outside of one. */
  #lastEnv: Readonly<Record<string, string>> | undefined;

  constructor(config: AcpAgentConfig, context: AgentContext) {
    this.#config = config;
    this.#log = context.log;
    this.type = config.type;
    this.label = config.label;
    this.workDir = config.workDir;
    this.defaultMode = config.mode ?? START_MODE.id;
    this.defaultModel = config.model;
    this.#modes =
      config.mode === undefined
        ? [START_MODE]
        : [START_MODE, { ...START_MODE, id: config.mode, label: config.mode }];
    this.capabilities = {
      resume: true,
      interrupt: true,
      steer: false,
      images: true,
      liveMode: true,
      liveModel: true,
      turnEnd: 'protocol',
      // Some finish the running turn, most do not, and one never exits.
      finishesOnEof: false,
      outcome: false,
      systemPrompt: false,
      nestingVariables: config.nestingVariables ?? NESTING,
      ...config.capabilities,
    };
    this.store = new AcpStore((use, signal) => this.#briefly(use, signal));
  }

  /** As the agent told them last; agents tell only once they run. */
  get modes(): readonly AgentMode[] {
    return this.#modes;
  }

  async open(spec: SessionSpec, signal: AbortSignal): Promise<AcpSession> {
    signal.throwIfAborted();
    const env = { ...spec.env, ...this.#config.env };
    this.#lastEnv = env;
    const session = new AcpSession(spec.workDir, env, this.#log);
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS)]);
    const connection = await session.connect(this.#processSpec(spec.workDir, env, spec.marker));
    try {
      const facts = await this.#greet(connection, deadline);
      const { opened, reset } = await this.#converse(session, connection, facts, spec, deadline);
      session.begin(facts, opened, reset);
      await this.#settle(session, spec);
      return session;
    } catch (error) {
      await session.close({ quick: true }, AbortSignal.timeout(OPEN_MS));
      throw await this.#explain(error, connection);
    }
  }

  async check(signal: AbortSignal): Promise<readonly Finding[]> {
    try {
      return await this.#briefly(async (_connection, facts) => {
        const version = [facts.name ?? this.label, facts.version].filter(Boolean).join(' ');
        return [{ level: 'ok', what: `${version} answers over ACP` }];
      }, signal);
    } catch (error) {
      const fix = error instanceof AppError ? error.advice : undefined;
      const what = error instanceof AppError ? error.message : describeError(error);
      return [{ level: 'error', what: `${this.label}: ${what}`, ...(fix === undefined ? {} : { fix }) }];
    }
  }

  /** Runs the agent for one question outside of any conversation. */
  async #briefly<T>(
    use: (connection: AcpConnection, facts: AgentFacts, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const env = this.#lastEnv ?? { ...ordinary(), ...this.#config.env };
    const session = new AcpSession(this.workDir, env, this.#log);
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(CHECK_MS)]);
    const marker = `brief-${randomUUID()}`;
    const connection = await session.connect(this.#processSpec(this.workDir, env, marker));
    try {
      return await use(connection, await this.#greet(connection, deadline), deadline);
    } catch (error) {
      throw await this.#explain(error, connection);
    } finally {
      await session.close({ quick: true }, deadline);
    }
  }

  async #greet(connection: AcpConnection, signal: AbortSignal): Promise<AgentFacts> {
    const facts = await initialize(connection, { files: this.#config.files === true }, signal);
    const { authMethod } = this.#config;
    if (authMethod !== undefined) await authenticate(connection, facts, authMethod, signal);
    return facts;
  }

  async #converse(
    session: AcpSession,
    connection: AcpConnection,
    facts: AgentFacts,
    spec: SessionSpec,
    signal: AbortSignal,
  ): Promise<{ opened: Opened; reset: boolean }> {
    const { workDir, resume } = spec;
    if (resume !== undefined) {
      const target = { sessionId: resume, workDir, lastUpdate: () => session.lastUpdateAt };
      const opened = await resumeSession(connection, facts, target, signal);
      if (opened !== undefined) return { opened, reset: false };
      this.#log.warn({ native: resume }, 'the agent does not know this conversation; a new one begins');
    }
    return { opened: await newSession(connection, facts, workDir, signal), reset: resume !== undefined };
  }

  /** Mode and model as wanted; what the agent does not offer is told, not fatal. */
  async #settle(session: AcpSession, spec: SessionSpec): Promise<void> {
    const { modes } = session.config;
    if (modes.length > 0) this.#modes = modes;
    const wanted = { model: spec.model, mode: spec.mode, effort: spec.effort };
    for (const [name, value] of Object.entries(wanted)) {
      if (value === undefined || value === '') continue;
      if (await session.set({ [name]: value })) continue;
      const known = session.config.modes.some(({ id }) => id === value);
      if (name === 'mode' && value === START_MODE.id && !known) continue;
      session.notice(`The agent does not offer the ${name} "${value}".`);
    }
  }

  #processSpec(workDir: string, env: Readonly<Record<string, string>>, marker: string): ProcessSpec {
    const { command, args } = this.#config;
    const onStderrLine = (line: string) => this.#log.debug({ agent: this.type, line }, 'agent stderr');
    return { command, args, cwd: workDir, env, marker, onStderrLine };
  }

  /** A handshake that fails because the process died is explained by what the process said last. */
  async #explain(error: unknown, connection: AcpConnection): Promise<unknown> {
    if (!(error instanceof AppError) || error.code !== 'agent.gone') return error;
    const exit = await connection.gone;
    const said = exit.stderrTail.trim().split('\n').slice(-3).join('\n');
    this.#log.debug({ agent: this.type, code: exit.code, said }, 'agent ended during its start');
    return new AppError(
      'agent.start_failed',
      `${this.label} ended while it was starting (${exit.signal ?? exit.code})`,
      {
        kind: 'unavailable',
        advice: `Run "${[this.#config.command, ...this.#config.args].join(' ')}" in a terminal to see why.`,
        cause: error,
      },
    );
  }
}

/** What any program needs; the daemon's own environment also holds secrets that are no business of an agent. */
const ORDINARY =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_.*|TERM|TMPDIR|TEMP|TMP|TZ|XDG_.*|(HTTPS?|NO|ALL)_PROXY|SYSTEMROOT|COMSPEC|PATHEXT|APPDATA|LOCALAPPDATA|USERPROFILE|PROGRAM.*)$/i;

function ordinary(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && ORDINARY.test(name)) found[name] = value;
  }
  return found;
}
