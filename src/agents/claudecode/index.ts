import { geteuid } from 'node:process';
import type {
  Agent,
  AgentCapabilities,
  AgentContext,
  AgentDefinition,
  SessionSpec,
} from '../../core/agent.ts';
import { AppError } from '../../core/errors.ts';
import { hideSecrets } from '../../kit/child-environment.ts';
import { modeOf } from '../../kit/modes.ts';
import { inputClosed } from '../../kit/process/input-writer.ts';
import { startProcess } from '../../kit/process/owned-process.ts';
import { commandLine } from './argv.ts';
import { checkInstallation } from './check.ts';
import { environment, NESTING_VARIABLES, refusedAsRoot } from './environment.ts';
import { startError } from './exits.ts';
import { MODES } from './modes.ts';
import { type ClaudeCodeOptions, effortNamed, OPTIONS, parseOptions } from './options.ts';
import { writePromptFiles } from './prompt-files.ts';
import { ClaudeSession } from './session.ts';
import { transcriptStore } from './store.ts';

/** How long the CLI may take from its start to its first answer; a cold disk needs seconds. */
const START_MS = 60_000;

const CAPABILITIES: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: true,
  images: true,
  liveMode: true,
  liveModel: true,
  turnEnd: 'protocol',
  finishesOnEof: true,
  outcome: true,
  systemPrompt: true,
  compactCommand: '/compact',
  nestingVariables: NESTING_VARIABLES,
};

/** Anthropic's Claude Code CLI, driven over its stream-json protocol. */
export const definition: AgentDefinition = {
  type: 'claudecode',
  binaries: ['claude'],
  options: OPTIONS,
  create: (options, context) => createAgent(parseOptions(options, context.baseDir), context),
  advise: (options, machine, provider) => refusedAsRoot(parseOptions(options, '/'), machine, provider),
};

function createAgent(options: ClaudeCodeOptions, context: AgentContext): Agent {
  const { provider } = context;
  return {
    type: 'claudecode',
    label: 'Claude Code',
    capabilities: CAPABILITIES,
    modes: MODES,
    defaultMode: options.mode,
    // A provider sets its model by the environment.
    defaultModel: options.model ?? provider?.model,
    defaultEffort: options.effort,
    workDir: options.workDir,
    configuredModels: (provider?.models ?? []).map(({ model, alias }) =>
      alias === undefined ? { id: model } : { id: model, label: alias },
    ),
    open: (spec, signal) => openSession(options, context, spec, signal),
    store: transcriptStore({ ...process.env, ...options.env, ...provider?.env }),
    check: (signal) => checkInstallation(options, provider !== undefined, signal),
  };
}

async function openSession(
  options: ClaudeCodeOptions,
  context: AgentContext,
  spec: SessionSpec,
  signal: AbortSignal,
): Promise<ClaudeSession> {
  signal.throwIfAborted();
  const mode = modeOf('Claude Code', MODES, spec.mode ?? options.mode);
  const settings = {
    mode: mode.id,
    model: spec.model ?? options.model ?? context.provider?.model,
    effort: spec.effort === undefined ? options.effort : effortNamed(spec.effort),
  };
  const root = geteuid?.() === 0;
  const env = environment({ base: spec.env, options, provider: context.provider, mode: mode.id, root });
  const append = [spec.systemPrompt, options.appendSystemPrompt ?? ''].filter((part) => part.trim() !== '');
  const texts = { append: append.join('\n\n'), replace: options.systemPrompt };
  const files = await writePromptFiles(context.cacheDir, texts);
  const log = context.log;
  const clean = (text: string) => hideSecrets(text, env);
  signal.throwIfAborted();
  const child = await startProcess({
    ...commandLine(options, spec, settings, files),
    cwd: spec.workDir,
    env,
    marker: spec.marker,
    onStderrLine: (line) => log.debug({ line: clean(line) }, 'agent stderr'),
  });
  const session = new ClaudeSession(child, mode.id, clean, log);
  try {
    await session.start(START_MS, signal);
    return session;
  } catch (error) {
    // The owner must close the process also when it never came up; a kill needs no grace then.
    await session.close({ quick: true }, AbortSignal.abort());
    if (signal.aborted) throw signal.reason;
    // A process that ends at once may be noticed first by the write that no longer reaches it.
    const ended = inputClosed(error) || (error instanceof AppError && error.code === 'agent.exited');
    throw ended ? startError(await session.exited, spec.resume, clean) : error;
  }
}
