import { join } from 'node:path';
import type {
  Agent,
  AgentCapabilities,
  AgentContext,
  AgentDefinition,
  AgentSession,
  SessionSpec,
} from '../../core/agent.ts';
import { AppError } from '../../core/errors.ts';
import type { NativeId } from '../../core/ids.ts';
import { BoundedMap } from '../../kit/bounded-map.ts';
import { childEnvironment, hideSecrets } from '../../kit/child-environment.ts';
import { askProgram } from '../../kit/cli-check.ts';
import { cliFlags } from '../../kit/cli-flags.ts';
import { CLI_OPTIONS, type CliOptions, cliOptions, providerModels } from '../../kit/cli-options.ts';
import { expandHome } from '../../kit/command-line.ts';
import { listedModels } from '../../kit/model-lines.ts';
import { modeOf } from '../../kit/modes.ts';
import { readAgentOptions } from '../../kit/option-reader.ts';
import { PromptJournal } from '../../kit/prompt-journal.ts';
import { TurnProcessSession } from '../../kit/turn-process/session.ts';
import type { EndedEarly, TurnProcessSpec, Verdict } from '../../kit/turn-process/spec.ts';
import { canResume, runCommand } from './argv.ts';
import { checkInstallation, cliOf } from './check.ts';
import { databasePath } from './database.ts';
import { MODES } from './modes.ts';
import { type ProviderLaunch, providerLaunch } from './provider.ts';
import { CrushReader, failure } from './reader.ts';
import { databaseStore } from './store.ts';
import { TurnWatch, turnLines } from './watch.ts';

/** One process per turn: nothing reaches a running turn, and nobody can be asked. */
const CAPABILITIES: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: false,
  images: false,
  liveMode: true,
  liveModel: true,
  turnEnd: 'exit',
  // Its input has ended long before; what ends it is that nobody reads its output any more.
  finishesOnEof: false,
  outcome: true,
  systemPrompt: false,
  nestingVariables: [],
};

/** A server of its own would live on after the turn, out of our reach. */
const IN_PROCESS = { CRUSH_CLIENT_SERVER: '0' };

interface CrushOptions extends CliOptions {
  readonly effort: string | undefined;
  /** Crush's folder for conversations and logs. @default its own choice */
  readonly dataDir: string | undefined;
}

/** Everything of one configured agent. */
interface Parts {
  readonly options: CrushOptions;
  readonly context: AgentContext;
  readonly launch: ProviderLaunch;
  readonly journal: PromptJournal;
  /** Conversations by who works in them, so that no other takes one for its new one. */
  readonly taken: BoundedMap<string, CrushReader>;
}

const OPTIONS = [...CLI_OPTIONS, 'reasoning_effort', 'data_dir'] as const;

/** Charm's Crush by `crush run`: one process per turn. Built after its source, never seen running. */
export const definition: AgentDefinition = {
  type: 'crush',
  binaries: ['crush'],
  options: OPTIONS,
  create: (raw, context) => {
    const options = readAgentOptions(OPTIONS, raw, (read) => ({
      ...cliOptions(read, context.baseDir, { command: 'crush', mode: 'yolo', modes: MODES }),
      effort: read.text('reasoning_effort'),
      dataDir: expandHome(read.text('data_dir') ?? '') || undefined,
    }));
    return createAgent({
      options,
      context,
      launch: providerLaunch(context.provider, context.cacheDir),
      journal: new PromptJournal(join(context.cacheDir, 'crush-prompts.jsonl')),
      taken: new BoundedMap(1_000),
    });
  },
};

function createAgent(parts: Parts): Agent {
  const { options, context, launch, journal } = parts;
  const { provider } = context;
  const env = { ...process.env, ...ownEnvironment(parts) };
  const remove = async (cwd: string, id: NativeId) => {
    const data = options.dataDir === undefined ? [] : ['--data-dir', options.dataDir];
    const asked = ['session', 'delete', ...data, id];
    return (await askProgram({ ...cliOf(options, env), cwd }, asked, AbortSignal.timeout(30_000))).code === 0;
  };
  const path = (workDir: string) => databasePath(env, workDir, options.dataDir);
  const store = databaseStore(path, journal, remove);
  return {
    type: 'crush',
    label: 'Crush',
    capabilities: CAPABILITIES,
    modes: MODES,
    defaultMode: options.mode,
    defaultModel: options.model ?? provider?.model,
    defaultEffort: options.effort,
    workDir: options.workDir,
    configuredModels: providerModels(provider),
    open: async (spec, signal) => {
      signal.throwIfAborted();
      if (spec.resume !== undefined && !(await store.has(spec.workDir, spec.resume)))
        throw resumeFailed(spec.resume);
      return openSession(parts, spec, signal);
    },
    store,
    check: (signal) =>
      checkInstallation(options, launch.home !== undefined || provider !== undefined, signal),
  };
}

async function openSession(parts: Parts, spec: SessionSpec, signal: AbortSignal): Promise<AgentSession> {
  const { options, context, launch, journal, taken } = parts;
  const env = childEnvironment(
    { ...IN_PROCESS, ...spec.env },
    [ownEnvironment(parts)],
    CAPABILITIES.nestingVariables,
  );
  const cli = { ...cliOf(options, env), cwd: spec.workDir };
  const known = await cliFlags(cli, ['run', '--help'], signal);
  if (!canResume(known)) throw tooOld();
  const reader = new CrushReader(spec.resume);
  const claim = (id: string) => {
    if ((taken.get(id) ?? reader) !== reader) return false;
    taken.set(id, reader);
    return true;
  };
  let watch: TurnWatch | undefined;
  const model = spec.model ?? options.model ?? context.provider?.model;
  const run: TurnProcessSpec = {
    label: 'Crush',
    command: options.command,
    args: options.args,
    session: spec,
    env,
    settings: {
      mode: modeOf('Crush', MODES, spec.mode ?? options.mode),
      model,
      effort: spec.effort ?? options.effort,
    },
    modes: MODES,
    reader,
    turn: async (prompt, settings, session) => {
      await launch.prepare(settings.model);
      const wanted = { ...settings, model: launch.modelName(settings.model) };
      const command = runCommand(prompt, wanted, session, options.dataDir, known);
      watch = await TurnWatch.begin({
        path: () => databasePath(env, spec.workDir, options.dataDir),
        prompt: command.input,
        session,
        claim,
      });
      return command;
    },
    output: (turn) => (watch === undefined ? turn.stdout : turnLines(watch, turn)),
    readsStdout: true,
    judge: (end) => judge(reader, end),
    models: async (asking) => (launch.home === undefined ? listedModels(cli, ['models'], asking) : []),
    journal,
    // It stores what it has before it ends.
    interruptSignal: 'SIGINT',
    interruptMs: 6_000,
    ...(options.limitMs === undefined ? {} : { limitMs: options.limitMs }),
    noise: /^\s*ERROR\s*$/,
    clean: (text) => hideSecrets(text, env),
    log: context.log,
  };
  return TurnProcessSession.open(run, signal);
}

function ownEnvironment({ options, context, launch }: Parts): Record<string, string> {
  return { ...launch.env, ...options.env, ...context.provider?.env };
}

/** The exit is the end of the turn; what it was worth the last message tells, else the exit code. */
function judge(reader: CrushReader, { exit, detail }: EndedEarly): Verdict {
  if (exit.signal !== null)
    return { outcome: { status: 'error', message: detail, code: 'crash' }, fatal: true };
  if (exit.code !== 0) {
    const told = reader.finish?.status === 'error' ? reader.finish : undefined;
    return { outcome: told ?? failure(detail) };
  }
  if (reader.finish !== undefined) return { outcome: reader.finish };
  if (reader.spoke) return { outcome: { status: 'ok' } };
  return { outcome: { status: 'error', message: 'Crush ended without an answer.', code: 'other' } };
}

function resumeFailed(id: NativeId): AppError {
  return new AppError('resume_failed', `Crush cannot resume the conversation ${id}`, {
    kind: 'not_found',
    advice: 'A new conversation is started.',
  });
}

function tooOld(): AppError {
  return new AppError('agent.start_failed', 'This version of Crush cannot go on with a conversation', {
    kind: 'unavailable',
    advice: 'Update it: `crush run --help` must list --session.',
  });
}
