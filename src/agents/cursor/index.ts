import type {
  Agent,
  AgentCapabilities,
  AgentContext,
  AgentDefinition,
  AgentSession,
  SessionSpec,
} from '../../core/agent.ts';
import { AppError } from '../../core/errors.ts';
import { childEnvironment, hideSecrets } from '../../kit/child-environment.ts';
import { cliFlags } from '../../kit/cli-flags.ts';
import { CLI_OPTIONS, type CliOptions, cliOptions, providerModels } from '../../kit/cli-options.ts';
import { commandOf } from '../../kit/command-line.ts';
import { findProgram } from '../../kit/find-program.ts';
import { modeOf } from '../../kit/modes.ts';
import { readAgentOptions } from '../../kit/option-reader.ts';
import { TurnProcessSession } from '../../kit/turn-process/session.ts';
import type { EndedEarly, Verdict } from '../../kit/turn-process/spec.ts';
import { turnArguments } from './argv.ts';
import { checkInstallation, cliOf } from './check.ts';
import { MODES } from './modes.ts';
import { CursorReader, failure } from './reader.ts';
import { chatStore } from './store.ts';

const CAPABILITIES: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: false,
  images: false,
  liveMode: true,
  liveModel: true,
  turnEnd: 'protocol',
  // Its input has ended long before.
  finishesOnEof: true,
  outcome: false,
  systemPrompt: false,
  nestingVariables: ['CURSOR_AGENT', 'CURSOR_TRACE_ID'],
};

/** Cursor's CLI in print mode: one process per turn. Built after its documentation. */
export const definition: AgentDefinition = {
  type: 'cursor',
  binaries: ['cursor-agent'],
  options: CLI_OPTIONS,
  create: (raw, context) => {
    const defaults = { command: 'agent', mode: 'default', modes: MODES };
    const { anyName, ...options } = readAgentOptions(CLI_OPTIONS, raw, (read) => ({
      ...cliOptions(read, context.baseDir, defaults),
      anyName: commandOf(read) === undefined,
    }));
    return createAgent(options, anyName, context);
  },
};

function createAgent(options: CliOptions, anyName: boolean, context: AgentContext): Agent {
  const { provider } = context;
  const hasKey = Boolean(provider?.apiKey ?? options.env.CURSOR_API_KEY ?? process.env.CURSOR_API_KEY);
  const named = async (env: Readonly<Record<string, string | undefined>>) =>
    anyName ? { ...options, command: await programName(options, env) } : options;
  return {
    type: 'cursor',
    label: 'Cursor',
    capabilities: CAPABILITIES,
    modes: MODES,
    defaultMode: options.mode,
    defaultModel: options.model ?? provider?.model,
    defaultEffort: undefined,
    workDir: options.workDir,
    configuredModels: providerModels(provider),
    open: async (spec, signal) => openSession(await named(spec.env), context, spec, signal),
    store: chatStore({ ...process.env, ...options.env }),
    check: async (signal) => checkInstallation(await named(process.env), hasKey, signal),
  };
}

/** `agent` is a name that others use too; the older `cursor-agent` is nobody else's. */
async function programName(
  { command, workDir }: CliOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const older = 'cursor-agent';
  return (await findProgram(older, workDir, env)) === undefined ? command : older;
}

async function openSession(
  options: CliOptions,
  context: AgentContext,
  spec: SessionSpec,
  signal: AbortSignal,
): Promise<AgentSession> {
  signal.throwIfAborted();
  const { provider, log } = context;
  const mode = modeOf('Cursor', MODES, spec.mode ?? options.mode);
  const key = provider?.apiKey === undefined ? undefined : { CURSOR_API_KEY: provider.apiKey };
  const env = childEnvironment(spec.env, [options.env, provider?.env, key], CAPABILITIES.nestingVariables);
  const clean = (text: string) => hideSecrets(text, env);
  const flags = () => cliFlags(cliOf(options, env), ['--help'], AbortSignal.timeout(30_000));
  return TurnProcessSession.open(
    {
      label: 'Cursor',
      command: options.command,
      args: options.args,
      session: spec,
      env,
      settings: { mode, model: spec.model ?? options.model ?? provider?.model, effort: undefined },
      modes: MODES,
      reader: new CursorReader(spec.resume),
      turn: async (prompt, settings, nativeId) => {
        const text = [prompt.text, ...prompt.images.map(({ path }) => `[image: ${path}]`)].join('\n');
        return { args: turnArguments(text, settings, nativeId, spec.workDir, await flags()), input: '' };
      },
      judge,
      startError,
      ...(options.limitMs === undefined ? {} : { limitMs: options.limitMs }),
      clean,
      log,
    },
    signal,
  );
}

/** After a failure it exits with another code than 0 and says why on stderr alone; the conversation is kept. */
function judge({ exit, detail }: EndedEarly): Verdict {
  if (exit.signal !== null || exit.code === 0)
    return { outcome: { status: 'error', message: detail, code: 'crash' }, fatal: true };
  return { outcome: failure(detail) };
}

function startError({ exit, detail }: EndedEarly): AppError {
  const { code } = failure(exit.stderrTail);
  if (code === 'auth') {
    return new AppError('agent.start_failed', detail, {
      kind: 'auth',
      advice: 'Run `cursor-agent login`, or set CURSOR_API_KEY.',
    });
  }
  if (/trust/i.test(exit.stderrTail)) {
    return new AppError('agent.start_failed', detail, {
      kind: 'permission',
      advice: 'Run `cursor-agent` once in the working directory and trust it there.',
    });
  }
  return new AppError('agent.start_failed', detail, { kind: 'unavailable' });
}
