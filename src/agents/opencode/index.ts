import { join } from 'node:path';
import type {
  Agent,
  AgentCapabilities,
  AgentContext,
  AgentDefinition,
  AgentMode,
  AgentSession,
  AgentStore,
  SessionSpec,
} from '../../core/agent.ts';
import { AppError } from '../../core/errors.ts';
import type { NativeId } from '../../core/ids.ts';
import { AcpAgent, type AcpAgentConfig } from '../../kit/acp/agent.ts';
import { acpConfig } from '../../kit/acp/definition.ts';
import { opencode } from '../../kit/acp/presets/opencode.ts';
import { childEnvironment } from '../../kit/child-environment.ts';
import { askProgram } from '../../kit/cli-check.ts';
import { readAgentOptions } from '../../kit/option-reader.ts';
import { PromptJournal } from '../../kit/prompt-journal.ts';
import { checkInstallation, cliOf } from './check.ts';
import { MODES } from './modes.ts';
import { OPTIONS, type OpenCodeOptions, ownOptions } from './options.ts';
import { runLaunch } from './run-launch.ts';
import { openRunSession } from './run-session.ts';
import { databasePath, databaseStore } from './store.ts';

const NESTING_VARIABLES = opencode.nestingVariables ?? [];

/** One process per turn: nothing reaches a running turn, and nobody can be asked. */
const RUN: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: false,
  images: true,
  liveMode: true,
  liveModel: true,
  turnEnd: 'exit',
  // Its input has ended long before; what ends it is that nobody reads its output any more.
  finishesOnEof: false,
  outcome: true,
  systemPrompt: false,
  nestingVariables: NESTING_VARIABLES,
};

/** Allows what the settings do not deny, for a process that could otherwise ask. */
const ALLOW_ALL = { OPENCODE_PERMISSION: '{"*":"allow"}' };

/** OpenCode, driven over the Agent Client Protocol or by a process per turn. */
export const definition: AgentDefinition = {
  type: 'opencode',
  binaries: ['opencode'],
  options: OPTIONS,
  create: (raw, context) => {
    const { own, acp } = readAgentOptions(OPTIONS, raw, (options) => ({
      own: ownOptions(options, context.baseDir),
      acp: acpConfig({ type: 'opencode', preset: opencode, options, context }),
    }));
    return createAgent(acp, own, context);
  },
};

function createAgent(acp: AcpAgentConfig, options: OpenCodeOptions, context: AgentContext): Agent {
  const { provider } = context;
  const cli = cliOf(options);
  const env = { ...cli.env, ...provider?.env };
  const remove = async (id: NativeId) => {
    const told = await askProgram({ ...cli, env }, ['session', 'delete', id], AbortSignal.timeout(30_000));
    return told.code === 0;
  };
  const journal = new PromptJournal(join(context.cacheDir, 'opencode-prompts.jsonl'));
  const store = databaseStore(databasePath(env), journal, remove);
  if (options.backend === 'acp') return acpAgent(acp, options, context, { store, journal });
  return {
    type: 'opencode',
    label: 'OpenCode',
    capabilities: RUN,
    modes: MODES,
    defaultMode: options.mode,
    defaultModel: options.model ?? provider?.model,
    defaultEffort: options.effort,
    workDir: options.workDir,
    configuredModels: (provider?.models ?? []).map(({ model, alias }) =>
      alias === undefined ? { id: model } : { id: model, label: alias },
    ),
    open: async (spec, signal) => {
      signal.throwIfAborted();
      if (spec.resume !== undefined && !(await store.has(spec.workDir, spec.resume)))
        throw resumeFailed(spec.resume);
      return openRun(options, context, journal, spec, signal);
    },
    store,
    check: (signal) => checkInstallation(options, provider !== undefined, signal),
  };
}

function openRun(
  options: OpenCodeOptions,
  context: AgentContext,
  journal: PromptJournal,
  spec: SessionSpec,
  signal: AbortSignal,
): Promise<AgentSession> {
  const { provider } = context;
  const model = spec.model ?? options.model ?? provider?.model;
  const launch = (wanted: string | undefined) => runLaunch(provider, wanted);
  const base = { ...opencode.env, ...spec.env };
  const layers = [launch(model).env, options.env, provider?.env];
  const env = childEnvironment(base, layers, NESTING_VARIABLES);
  const ownAddress = provider?.baseUrl !== undefined;
  const run = { options, spec, env, model, ownAddress, launch, journal, log: context.log };
  return openRunSession(run, signal);
}

/** Over ACP the modes are OpenCode's own agents, as it tells them; `yolo` is how the process was started. */
function acpAgent(
  config: AcpAgentConfig,
  options: OpenCodeOptions,
  context: AgentContext,
  kept: { readonly store: AgentStore; readonly journal: PromptJournal },
): Agent {
  const yolo = options.mode === 'yolo';
  const mode = options.agent ?? (options.mode === 'plan' ? 'plan' : 'build');
  const acp = new AcpAgent(
    {
      ...config,
      env: { ...(yolo ? ALLOW_ALL : {}), ...config.env },
      ...(options.effort === undefined ? {} : { effort: options.effort }),
      mode,
      ...kept,
    },
    context,
  );
  return {
    type: 'opencode',
    label: acp.label,
    capabilities: acp.capabilities,
    get modes(): readonly AgentMode[] {
      return yolo ? acp.modes.map((one) => ({ ...one, bypass: true })) : acp.modes;
    },
    defaultMode: acp.defaultMode,
    defaultModel: acp.defaultModel,
    defaultEffort: acp.defaultEffort,
    workDir: acp.workDir,
    configuredModels: acp.configuredModels,
    open: (spec, signal) => acp.open({ ...spec, mode: spec.mode ?? mode }, signal),
    store: acp.store,
    check: (signal) => checkInstallation(options, context.provider !== undefined, signal),
  };
}

function resumeFailed(id: NativeId): AppError {
  return new AppError('resume_failed', `OpenCode cannot resume the conversation ${id}`, {
    kind: 'not_found',
    advice: 'A new conversation is started.',
  });
}
