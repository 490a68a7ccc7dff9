import type {
  Agent,
  AgentCapabilities,
  AgentContext,
  AgentDefinition,
  AgentSession,
  SessionSpec,
} from '../../core/agent.ts';
import { AppError } from '../../core/errors.ts';
import { hideSecrets } from '../../kit/child-environment.ts';
import { modeOf } from '../../kit/modes.ts';
import { inputClosed } from '../../kit/process/input-writer.ts';
import { startProcess } from '../../kit/process/owned-process.ts';
import { AppServerSession, COMPACT } from './app-server-session.ts';
import { checkInstallation } from './check.ts';
import { configFlags, environment, NESTING_VARIABLES } from './environment.ts';
import { openExecSession } from './exec-session.ts';
import { type Link, processLink, socketLink } from './link.ts';
import { type Effective, MODES } from './modes.ts';
import { type CodexOptions, effortNamed, OPTIONS, parseOptions } from './options.ts';
import { rolloutStore } from './store.ts';

/** How long the CLI may take from its start to its first answer; a cold disk needs seconds. */
const START_MS = 60_000;

const APP_SERVER: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: true,
  images: true,
  liveMode: true,
  liveModel: true,
  turnEnd: 'protocol',
  // The server ends a running turn at once when its input ends.
  finishesOnEof: false,
  outcome: true,
  systemPrompt: true,
  compactCommand: COMPACT,
  nestingVariables: NESTING_VARIABLES,
};

/** One process per turn: nothing reaches a running turn, and prompts have no ids. */
const EXEC: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: false,
  images: true,
  liveMode: true,
  liveModel: true,
  turnEnd: 'protocol',
  // Its input has ended long before; what ends it is that nobody reads its output any more.
  finishesOnEof: false,
  outcome: false,
  systemPrompt: false,
  nestingVariables: NESTING_VARIABLES,
};

/** OpenAI's Codex CLI, driven over its app-server protocol or by `codex exec`. */
export const definition: AgentDefinition = {
  type: 'codex',
  binaries: ['codex'],
  options: OPTIONS,
  create: (options, context) => createAgent(parseOptions(options, context.baseDir), context),
};

function createAgent(options: CodexOptions, context: AgentContext): Agent {
  const { provider } = context;
  const exec = options.backend === 'exec';
  const home = options.codexHome === undefined ? {} : { CODEX_HOME: options.codexHome };
  const { outcome, ...store } = rolloutStore({ ...process.env, ...options.env, ...home });
  return {
    type: 'codex',
    label: 'Codex',
    capabilities: exec ? EXEC : APP_SERVER,
    modes: MODES,
    defaultMode: options.mode,
    defaultModel: options.model ?? provider?.model,
    defaultEffort: options.effort,
    workDir: options.workDir,
    configuredModels: (provider?.models ?? []).map(({ model, alias }) =>
      alias === undefined ? { id: model } : { id: model, label: alias },
    ),
    open: (spec, signal) => openSession(options, context, spec, signal),
    store: exec || outcome === undefined ? store : { ...store, outcome },
    check: (signal) => checkInstallation(options, provider !== undefined, signal),
  };
}

async function openSession(
  options: CodexOptions,
  context: AgentContext,
  spec: SessionSpec,
  signal: AbortSignal,
): Promise<AgentSession> {
  signal.throwIfAborted();
  const effective: Effective = {
    mode: modeOf('Codex', MODES, spec.mode ?? options.mode),
    model: spec.model ?? options.model ?? context.provider?.model,
    effort: effortNamed(spec.effort) ?? options.effort,
  };
  const env = environment(spec.env, options, context.provider);
  const flags = configFlags(options, context.provider);
  const clean = (text: string) => hideSecrets(text, env);
  if (options.backend === 'exec') {
    return openExecSession({ options, spec, effective, env, flags, clean, log: context.log }, signal);
  }
  const link =
    options.appServerUrl === undefined
      ? await startServer(options, context, spec, env, flags)
      : await socketLink(options.appServerUrl, signal);
  return openThread(link, clean, context, spec, effective, signal);
}

async function startServer(
  options: CodexOptions,
  context: AgentContext,
  spec: SessionSpec,
  env: Readonly<Record<string, string>>,
  flags: readonly string[],
): Promise<Link> {
  const child = await startProcess({
    command: options.command,
    args: [...options.args, 'app-server', ...flags, ...QUESTIONS],
    cwd: spec.workDir,
    env,
    marker: spec.marker,
    onStderrLine: (line) => context.log.debug({ line: hideSecrets(line, env) }, 'agent stderr'),
  });
  return processLink(child);
}

/** Lets the model ask questions in every mode; without it only a plan mode has the tool. */
const QUESTIONS = [
  '-c',
  'features.default_mode_request_user_input=true',
  '-c',
  'suppress_unstable_features_warning=true',
];

async function openThread(
  link: Link,
  clean: (text: string) => string,
  context: AgentContext,
  spec: SessionSpec,
  { mode, model, effort }: Effective,
  signal: AbortSignal,
): Promise<AgentSession> {
  const session = new AppServerSession(link, clean, context.log);
  const params = {
    cwd: spec.workDir,
    approvalPolicy: mode.approvalPolicy,
    sandbox: mode.sandbox,
    ...(model === undefined ? {} : { model }),
    ...(effort === undefined ? {} : { config: { model_reasoning_effort: effort } }),
    ...(spec.systemPrompt.trim() === '' ? {} : { developerInstructions: spec.systemPrompt }),
  };
  try {
    await session.start({ resume: spec.resume, mode: mode.id, params }, START_MS, signal);
    return session;
  } catch (error) {
    // The owner must close the process also when it never came up; a kill needs no grace then.
    await session.close({ quick: true }, AbortSignal.abort());
    if (signal.aborted) throw signal.reason;
    // A process that ends at once may be noticed first by the write that no longer reaches it.
    throw startError(inputClosed(error) ? (session.gone ?? error) : error);
  }
}

function startError(error: unknown): unknown {
  if (!(error instanceof AppError) || (error.code !== 'agent.exited' && error.code !== 'rpc_error'))
    return error;
  const unknown = /unrecognized subcommand|unexpected argument/.test(error.message);
  return new AppError('agent.start_failed', error.message, {
    kind: 'unavailable',
    cause: error,
    ...(unknown ? { advice: 'This version is too old; run `npm install -g @openai/codex`.' } : {}),
  });
}
