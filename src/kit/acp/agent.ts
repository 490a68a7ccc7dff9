import { randomUUID } from 'node:crypto';
import type {
  Agent,
  AgentCapabilities,
  AgentContext,
  AgentMode,
  AgentStore,
  SessionSpec,
} from '../../core/agent.ts';
import type { ModelInfo } from '../../core/agent-event.ts';
import { AppError } from '../../core/errors.ts';
import type { Finding, Log } from '../../core/platform.ts';
import { limited } from '../deadline.ts';
import type { PromptJournal } from '../prompt-journal.ts';
import { checkAgent } from './check.ts';
import type { AcpConnection } from './connection.ts';
import { type Greeting, Handshake } from './handshake.ts';
import { type Launch, launchOf, ordinaryEnvironment } from './launch.ts';
import { firstModes, modeIn, START_MODE, toldModes } from './modes.ts';
import type { AcpPreset, ModelSource } from './preset.ts';
import { AcpSession } from './session.ts';
import { SessionConfig } from './session-config.ts';
import { AcpStore } from './store.ts';

/** What makes one ACP agent different from another. */
export interface AcpAgentConfig {
  readonly type: string;
  readonly label: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Set over everything else. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly workDir: string;
  /** What is known of this agent; without it only what it tells itself. */
  readonly preset?: AcpPreset;
  /** Key, address and model to be used, by the preset's rules. */
  readonly source?: ModelSource;
  /** Models to choose from instead of the agent's own. */
  readonly models?: readonly ModelInfo[];
  /** Sent as `authenticate` before a session is opened. */
  readonly authMethod?: string;
  readonly mode?: string;
  readonly model?: string;
  readonly effort?: string;
  /** Further session options (`configOptions`) by id. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Offers the agent to read and write files of the work dir through us. */
  readonly files?: boolean;
  /** Offers the agent to run commands through us. */
  readonly terminals?: boolean;
  readonly capabilities?: Partial<AgentCapabilities>;
  /** Where the agent's conversations can be read on disk; otherwise the agent is asked. */
  readonly store?: AgentStore;
  /** For a store that finds prompts in the agent's transcript by their text. */
  readonly journal?: PromptJournal;
}

/** An agent process that was greeted and has no conversation. */
export interface Brief {
  readonly session: AcpSession;
  readonly connection: AcpConnection;
  readonly handshake: Handshake;
}

/** Time for the start of the process and each step of the handshake; slow agents need several seconds. */
const OPEN_MS = 90_000;
const BRIEF_MS = 20_000;

/** Variables by which wrapped agents believe to run inside themselves. */
const NESTING = ['CLAUDECODE', 'CLAUDE_CODE_ENTRYPOINT'];

/** An agent that speaks the Agent Client Protocol over its stdio. */
export class AcpAgent implements Agent {
  readonly type: string;
  readonly label: string;
  readonly capabilities: AgentCapabilities;
  readonly defaultMode: string;
  readonly defaultModel: string | undefined;
  readonly defaultEffort: string | undefined;
  readonly workDir: string;
  readonly configuredModels: readonly ModelInfo[];
  readonly store: AgentStore;
  readonly #config: AcpAgentConfig;
  readonly #log: Log;
  #modes: readonly AgentMode[];
  /** The environment of the last conversation, for questions asked outside of one. */
  #lastEnv: Readonly<Record<string, string>> | undefined;

  constructor(config: AcpAgentConfig, context: Pick<AgentContext, 'log'>) {
    const { preset } = config;
    this.#config = config;
    this.#log = context.log;
    this.type = config.type;
    this.label = config.label;
    this.workDir = config.workDir;
    this.configuredModels = config.models ?? [];
    const wanted = config.mode ?? preset?.firstMode;
    this.#modes = firstModes(preset?.modes, wanted);
    this.defaultMode = wanted === undefined ? START_MODE.id : (modeIn(this.#modes, wanted)?.id ?? wanted);
    this.defaultModel = config.model ?? config.source?.model;
    this.defaultEffort = config.effort;
    this.capabilities = {
      resume: true,
      interrupt: true,
      steer: false,
      images: true,
      liveMode: preset?.modeArgs === undefined,
      liveModel: true,
      turnEnd: 'protocol',
      finishesOnEof: preset?.stdinEnd === 'finishes',
      outcome: config.store?.outcome !== undefined,
      systemPrompt: preset?.systemPrompt === true,
      ...(preset?.compactCommand === undefined ? {} : { compactCommand: preset.compactCommand }),
      nestingVariables: preset?.nestingVariables ?? NESTING,
      ...config.capabilities,
    };
    this.store = config.store ?? new AcpStore((use) => this.briefly(use), preset?.harmlessLoad === true);
  }

  /** As the agent told them last; agents tell only once they run. */
  get modes(): readonly AgentMode[] {
    return this.#modes;
  }

  open(spec: SessionSpec, signal: AbortSignal): Promise<AcpSession> {
    return limited(OPEN_MS, [signal], (deadline) => this.#open(spec, deadline));
  }

  async #open(spec: SessionSpec, deadline: AbortSignal): Promise<AcpSession> {
    deadline.throwIfAborted();
    this.#lastEnv = spec.env;
    const { effort, model = this.defaultModel } = spec;
    const mode = spec.mode && (modeIn(this.#modes, spec.mode)?.id ?? spec.mode);
    const launch = launchOf(this.#config, spec.env, { model, mode });
    const session = this.#session(spec.workDir, launch, spec.marker);
    const connection = await session.connect();
    try {
      const handshake = await Handshake.begin(connection, this.#greeting(launch), deadline);
      const opened =
        spec.resume === undefined
          ? await handshake.create(spec, deadline)
          : await handshake.resume(spec.resume, spec, () => session.lastUpdateAt, deadline);
      session.begin(handshake, opened);
      const { modes } = session.config;
      if (modes.length > 0) this.#modes = toldModes(modes, this.#config.preset?.modes);
      await this.#settle(session, {
        model: launch.modelGiven ? undefined : model,
        mode: launch.modeGiven ? undefined : mode,
        effort,
      });
      return session;
    } catch (error) {
      await session.close({ quick: true }, AbortSignal.timeout(OPEN_MS));
      throw await this.#explain(error, connection);
    }
  }

  check(signal: AbortSignal): Promise<readonly Finding[]> {
    return checkAgent(this.#config, (use) => this.briefly(use, signal));
  }

  /** Runs the agent for one question outside of any conversation. */
  briefly<T>(use: (brief: Brief, signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return limited(BRIEF_MS, signal ? [signal] : [], (deadline) => this.#briefly(use, deadline));
  }

  async #briefly<T>(
    use: (brief: Brief, signal: AbortSignal) => Promise<T>,
    deadline: AbortSignal,
  ): Promise<T> {
    const launch = launchOf(this.#config, this.#lastEnv ?? ordinaryEnvironment(), {
      model: this.defaultModel,
    });
    const session = this.#session(this.workDir, launch, `brief-${randomUUID()}`);
    const connection = await session.connect();
    try {
      const handshake = await Handshake.begin(connection, this.#greeting(launch), deadline);
      return await use({ session, connection, handshake }, deadline);
    } catch (error) {
      throw await this.#explain(error, connection);
    } finally {
      await session.close({ quick: true }, deadline);
    }
  }

  /** The models of a new conversation, by opening one for a moment. */
  offeredModels(signal: AbortSignal): Promise<readonly ModelInfo[]> {
    return this.briefly(async ({ handshake }, deadline) => {
      const config = new SessionConfig();
      config.read((await handshake.create({ workDir: this.workDir }, deadline)).reply);
      return config.models;
    }, signal);
  }

  #session(workDir: string, launch: Launch, marker: string): AcpSession {
    const { preset, files = false, terminals = false, journal } = this.#config;
    const onStderrLine = (line: string) => this.#log.debug({ agent: this.type, line }, 'agent stderr');
    const { command, args, env } = launch;
    return new AcpSession({
      process: { command, args, cwd: workDir, env, marker, onStderrLine },
      env,
      preset,
      offers: { files, terminals },
      journal,
      log: this.#log,
    });
  }

  #greeting({ command, args, env }: Launch): Greeting {
    const { files = false, terminals = false, authMethod, preset } = this.#config;
    return { files, terminals, authMethod, preset, env, command: [command, ...args] };
  }

  /** Settings as wanted; what the agent does not offer is told, not fatal. */
  async #settle(
    session: AcpSession,
    wanted: { readonly model?: string; readonly mode?: string; readonly effort?: string },
  ): Promise<void> {
    for (const [name, value] of Object.entries(wanted)) {
      if (value === undefined || value === '') continue;
      const word = name === 'mode' ? (modeIn(this.#modes, value)?.id ?? value) : value;
      if (await session.set({ [name]: word })) continue;
      if (name === 'mode' && value === START_MODE.id) continue;
      session.notice(`The agent does not offer the ${name} "${value}".`);
    }
    for (const [id, value] of Object.entries(this.#config.settings ?? {})) {
      if (!(await session.choose(id, value)))
        session.notice(`The agent did not take the setting ${id} = "${value}".`);
    }
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
