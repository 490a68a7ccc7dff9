import { homedir } from 'node:os';
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
import { childEnvironment, hideSecrets } from '../../kit/child-environment.ts';
import { cliFlags } from '../../kit/cli-flags.ts';
import { CLI_OPTIONS, type CliOptions, cliOptions, providerModels } from '../../kit/cli-options.ts';
import { modeOf } from '../../kit/modes.ts';
import { readAgentOptions } from '../../kit/option-reader.ts';
import { runtime } from '../../kit/runtime.ts';
import { TurnProcessSession } from '../../kit/turn-process/session.ts';
import type { EndedEarly, Verdict } from '../../kit/turn-process/spec.ts';
import { speaksEvents, turnCommand } from './argv.ts';
import { checkInstallation, cliOf } from './check.ts';
import { newestConversation } from './conversations.ts';
import { MODES } from './modes.ts';
import { makeOverlay } from './overlay.ts';
import { PermissionDesk, SOCKET_VARIABLE } from './permission-desk.ts';
import { failure, StreamReader } from './reader.ts';
import { TextReader } from './text-reader.ts';

const CAPABILITIES: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: false,
  images: false,
  liveMode: true,
  liveModel: true,
  turnEnd: 'exit',
  // Its input has ended long before, and a tool in mid-turn would have nobody left to ask.
  finishesOnEof: false,
  outcome: false,
  systemPrompt: false,
  nestingVariables: ['ANTIGRAVITY_AGENT', SOCKET_VARIABLE],
};

const OPTIONS = [...CLI_OPTIONS, 'gemini_dir'] as const;

interface AntigravityOptions extends CliOptions {
  /** What the CLI runs before each tool. @default this program's hidden command */
  readonly hook: readonly string[];
  readonly geminiDir: string;
}

/** Google's Antigravity CLI (`agy`) in print mode: one process per turn. Built after its documentation. */
export const definition: AgentDefinition = {
  type: 'antigravity',
  binaries: ['agy'],
  options: OPTIONS,
  create: (raw, context) => {
    const defaults = { command: 'agy', mode: 'default', modes: MODES };
    const { dir, ...options } = readAgentOptions(OPTIONS, raw, (read) => ({
      ...cliOptions(read, context.baseDir, defaults),
      dir: read.text('gemini_dir'),
    }));
    const geminiDir = dir ?? join(options.env.HOME ?? homedir(), '.gemini');
    const hook = [...runtime().selfCommand(), '_agy-permission-hook'];
    return createAgent({ ...options, geminiDir, hook }, context);
  },
};

function createAgent(options: AntigravityOptions, context: AgentContext): Agent {
  return {
    type: 'antigravity',
    label: 'Antigravity',
    capabilities: CAPABILITIES,
    modes: MODES,
    defaultMode: options.mode,
    defaultModel: options.model ?? context.provider?.model,
    defaultEffort: undefined,
    workDir: options.workDir,
    configuredModels: providerModels(context.provider),
    open: (spec, signal) => openSession(options, context, spec, signal),
    check: (signal) => checkInstallation(options, signal),
  };
}

async function openSession(
  options: AntigravityOptions,
  context: AgentContext,
  spec: SessionSpec,
  signal: AbortSignal,
): Promise<AgentSession> {
  signal.throwIfAborted();
  const mode = modeOf('Antigravity', MODES, spec.mode ?? options.mode);
  const env = environment(options, context, spec);
  const clean = (text: string) => hideSecrets(text, env);
  const known = await cliFlags(cliOf(options, env), ['--help'], signal);
  const desk = await PermissionDesk.listen(spec.allowedTools);
  const overlay = join(desk.folder, 'gemini');
  const reader = speaksEvents(known) ? new StreamReader(spec.resume) : new TextReader(spec.resume);
  let startedAt = 0;
  try {
    await makeOverlay(overlay, options.geminiDir, options.hook);
    return await TurnProcessSession.open(
      {
        label: 'Antigravity',
        command: options.command,
        args: options.args,
        session: spec,
        env: { ...env, [SOCKET_VARIABLE]: desk.path },
        settings: { mode, model: spec.model ?? options.model ?? context.provider?.model, effort: undefined },
        modes: MODES,
        reader,
        turn: async (prompt, settings) => {
          if (reader instanceof TextReader && startedAt > 0 && reader.nativeId === undefined)
            reader.found(await newestConversation(options.geminiDir, startedAt));
          startedAt = Date.now();
          const text = [prompt.text, ...prompt.images.map(({ path }) => `[image: ${path}]`)].join('\n');
          const geminiDir = settings.mode.asks ? overlay : ownDir(options);
          const conversation = reader instanceof TextReader ? reader.conversation : reader.nativeId;
          return turnCommand(text, settings, conversation, { workDir: spec.workDir, geminiDir, known });
        },
        judge: (end) => judge(end, reader),
        startError,
        desk,
        ...(options.limitMs === undefined ? {} : { limitMs: options.limitMs }),
        clean,
        log: context.log,
      },
      signal,
    );
  } catch (error) {
    await desk.close();
    throw error;
  }
}

/** The person's own folder needs no flag. */
function ownDir({ geminiDir }: AntigravityOptions): string | undefined {
  return geminiDir === join(homedir(), '.gemini') ? undefined : geminiDir;
}

function environment(
  options: AntigravityOptions,
  { provider }: AgentContext,
  spec: SessionSpec,
): Record<string, string> {
  const key =
    provider?.apiKey === undefined
      ? undefined
      : { GEMINI_API_KEY: provider.apiKey, ANTIGRAVITY_API_KEY: provider.apiKey };
  return childEnvironment(spec.env, [options.env, provider?.env, key], CAPABILITIES.nestingVariables);
}

/** Where the output is plain text, the exit is all that tells how it went. */
function judge({ exit, detail }: EndedEarly, reader: StreamReader | TextReader): Verdict {
  const fatal = exit.signal !== null || exit.code === 0;
  if (exit.code === 0 && reader instanceof TextReader) return { outcome: { status: 'ok' } };
  if (fatal) return { outcome: { status: 'error', message: detail, code: 'crash' }, fatal };
  return { outcome: failure(detail) };
}

function startError({ exit, detail }: EndedEarly): AppError {
  if (failure(exit.stderrTail).code !== 'auth')
    return new AppError('agent.start_failed', detail, { kind: 'unavailable' });
  return new AppError('agent.start_failed', detail, {
    kind: 'auth',
    advice: 'Run `agy` once in a terminal and sign in.',
  });
}
