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
import { promptParts } from '../../kit/prompt-parts.ts';
import { TurnProcessSession } from '../../kit/turn-process/session.ts';
import { checkInstallation } from './check.ts';
import { JsonReader } from './json-reader.ts';
import { type Launch, modelArguments, NESTING_VARIABLES, prepareLaunch } from './launch.ts';
import { MODES } from './modes.ts';
import { effortNamed, OPTIONS, type PiOptions, parseOptions } from './options.ts';
import { COMPACT, PiSession } from './rpc-session.ts';
import { sessionIn, sessionStore } from './store.ts';

/** How long the CLI may take from its start to its first answer; a cold disk needs seconds. */
const START_MS = 60_000;

const RPC: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: true,
  images: true,
  liveMode: true,
  liveModel: true,
  turnEnd: 'protocol',
  // It ends at once with its input, also in the middle of a turn.
  finishesOnEof: false,
  outcome: true,
  systemPrompt: true,
  compactCommand: COMPACT,
  nestingVariables: NESTING_VARIABLES,
};

/** One process per turn: nothing reaches a running turn, and nobody can be asked. */
const JSON_LINES: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: false,
  images: true,
  liveMode: true,
  liveModel: true,
  turnEnd: 'exit',
  // Its input has ended long before.
  finishesOnEof: true,
  outcome: true,
  systemPrompt: true,
  nestingVariables: NESTING_VARIABLES,
};

/** The pi coding agent, kept running by `--mode rpc` or run once per turn by `--mode json`. */
export const definition: AgentDefinition = {
  type: 'pi',
  binaries: ['pi'],
  options: OPTIONS,
  create: (options, context) => createAgent(parseOptions(options, context.baseDir), context),
};

function createAgent(options: PiOptions, context: AgentContext): Agent {
  const { provider } = context;
  return {
    type: 'pi',
    label: 'pi',
    capabilities: options.backend === 'json' ? JSON_LINES : RPC,
    modes: MODES,
    defaultMode: options.mode,
    defaultModel: options.model ?? provider?.model,
    defaultEffort: options.effort,
    workDir: options.workDir,
    configuredModels: (provider?.models ?? []).map(({ model, alias }) =>
      alias === undefined ? { id: model } : { id: model, label: alias },
    ),
    open: (spec, signal) => openSession(options, context, spec, signal),
    store: sessionStore({ ...process.env, ...options.env }),
    check: (signal) => checkInstallation(options, provider !== undefined, signal),
  };
}

async function openSession(
  options: PiOptions,
  context: AgentContext,
  spec: SessionSpec,
  signal: AbortSignal,
): Promise<AgentSession> {
  signal.throwIfAborted();
  const mode = modeOf('pi', MODES, spec.mode ?? options.mode);
  const settings = {
    mode,
    model: spec.model ?? options.model ?? context.provider?.model,
    effort: effortNamed(spec.effort) ?? options.effort,
  };
  const launch = await prepareLaunch(options, context, spec);
  const resumed = await resumeArguments(launch.env, spec);
  const start = { options, context, spec, launch, settings };
  return options.backend === 'json'
    ? openJson(start, signal)
    : openRpc(start, [...resumed, ...modelArguments(settings.model, settings.effort)], signal);
}

interface Start {
  readonly options: PiOptions;
  readonly context: AgentContext;
  readonly spec: SessionSpec;
  readonly launch: Launch;
  readonly settings: {
    readonly mode: (typeof MODES)[number];
    readonly model: string | undefined;
    readonly effort: string | undefined;
  };
}

async function openRpc(start: Start, args: readonly string[], signal: AbortSignal): Promise<AgentSession> {
  const { options, context, spec, launch, settings } = start;
  const { log } = context;
  const env = { ...launch.env, ...launch.settings(settings.mode) };
  const clean = (text: string) => hideSecrets(text, env);
  const child = await startProcess({
    command: options.command,
    args: [...options.args, '--mode', 'rpc', ...launch.args, ...args],
    cwd: spec.workDir,
    env,
    marker: spec.marker,
    onStderrLine: (line) => log.debug({ line: clean(line) }, 'agent stderr'),
  });
  const session = new PiSession(child, clean, log);
  try {
    await session.start(settings.mode.id, START_MS, signal);
    return session;
  } catch (error) {
    // The owner must close the process also when it never came up; a kill needs no grace then.
    await session.close({ quick: true }, AbortSignal.abort());
    if (signal.aborted) throw signal.reason;
    // A process that ends at once may be noticed first by the write that no longer reaches it.
    throw startError(inputClosed(error) ? (session.gone ?? error) : error);
  }
}

function openJson({ options, context, spec, launch, settings }: Start, signal: AbortSignal) {
  const { log } = context;
  return TurnProcessSession.open(
    {
      label: 'pi',
      command: options.command,
      args: options.args,
      session: spec,
      env: launch.env,
      settings,
      modes: MODES,
      reader: new JsonReader(spec.resume),
      turn: async (prompt, { mode, model, effort }, nativeId) => {
        const { text, images } = promptParts(prompt);
        // Without a file nothing was ever answered, and so there is nothing to go on with.
        const known = nativeId && (await sessionIn(launch.env, spec.workDir, nativeId));
        const resumed = known ? ['--session', known.path] : [];
        const own = [...resumed, ...modelArguments(model, effort), ...images.map(({ path }) => `@${path}`)];
        const args = ['--mode', 'json', ...launch.args, ...own];
        return { args, input: text, env: launch.settings(mode, prompt.id) };
      },
      // An error of the model is no failure of the process.
      judge: ({ exit, detail }) => {
        const ended = exit.code === 0;
        const message = ended ? 'pi ended without an answer' : detail;
        return { outcome: { status: 'error', message, code: ended ? 'other' : 'crash' }, fatal: !ended };
      },
      startError: ({ detail }) => startFailure(detail),
      clean: (text) => hideSecrets(text, launch.env),
      log,
    },
    signal,
  );
}

/** By path: pi would look for an id in other folders too, and then ask a terminal whether to copy the conversation. */
async function resumeArguments(
  env: Readonly<Record<string, string>>,
  { workDir, resume }: Pick<SessionSpec, 'workDir' | 'resume'>,
): Promise<string[]> {
  if (resume === undefined) return [];
  const found = await sessionIn(env, workDir, resume);
  if (found !== undefined) return ['--session', found.path];
  throw new AppError('resume_failed', `pi has no conversation ${resume} in this folder`, {
    kind: 'not_found',
    advice: 'A new conversation is started.',
  });
}

function startError(error: unknown): unknown {
  return error instanceof AppError && error.code === 'agent.exited'
    ? startFailure(error.message, error)
    : error;
}

function startFailure(detail: string, cause?: AppError): AppError {
  const advice = /no models? (available|selected)|no api key/i.test(detail)
    ? 'Run `pi` and then `/login`, or configure a provider.'
    : /unknown option/i.test(detail)
      ? 'This version is too old; run `npm install -g @earendil-works/pi-coding-agent`.'
      : undefined;
  return new AppError('agent.start_failed', detail, {
    kind: 'unavailable',
    ...(cause === undefined ? {} : { cause }),
    ...(advice === undefined ? {} : { advice }),
  });
}
