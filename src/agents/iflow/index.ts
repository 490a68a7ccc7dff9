import type {
  Agent,
  AgentCapabilities,
  AgentContext,
  AgentDefinition,
  AgentProvider,
  AgentSession,
  SessionSpec,
} from '../../core/agent.ts';
import type { TurnOutcome } from '../../core/agent-event.ts';
import { childEnvironment, hideSecrets } from '../../kit/child-environment.ts';
import { type CliSpec, folderFinding, programFinding } from '../../kit/cli-check.ts';
import { cliFlags, firstKnown } from '../../kit/cli-flags.ts';
import { CLI_OPTIONS, type CliOptions, cliOptions, providerModels } from '../../kit/cli-options.ts';
import { modeOf } from '../../kit/modes.ts';
import { readAgentOptions } from '../../kit/option-reader.ts';
import { TurnProcessSession } from '../../kit/turn-process/session.ts';
import type { EndedEarly, Verdict } from '../../kit/turn-process/spec.ts';
import { tailFile } from '../../kit/turn-process/tail-file.ts';
import { MODES } from './modes.ts';
import { IflowReader } from './reader.ts';
import { transcriptStore } from './store.ts';
import { transcriptFolder, transcripts } from './transcripts.ts';

const CAPABILITIES: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: false,
  images: false,
  liveMode: true,
  liveModel: true,
  turnEnd: 'exit',
  finishesOnEof: true,
  outcome: false,
  systemPrompt: false,
  compactCommand: '/compress',
  nestingVariables: ['IFLOW_CLI'],
};

/** The iFlow CLI, one process per turn, its answer read from its transcript. Built after its documentation. */
export const definition: AgentDefinition = {
  type: 'iflow',
  binaries: ['iflow'],
  options: CLI_OPTIONS,
  create: (raw, context) => {
    const defaults = { command: 'iflow', mode: 'default', modes: MODES };
    const options = readAgentOptions(CLI_OPTIONS, raw, (read) => cliOptions(read, context.baseDir, defaults));
    return createAgent(options, context);
  },
};

function createAgent(options: CliOptions, context: AgentContext): Agent {
  const { provider } = context;
  const own = { ...process.env, ...options.env };
  return {
    type: 'iflow',
    label: 'iFlow',
    capabilities: CAPABILITIES,
    modes: MODES,
    defaultMode: options.mode,
    defaultModel: options.model ?? provider?.model,
    defaultEffort: undefined,
    workDir: options.workDir,
    configuredModels: providerModels(provider),
    open: (spec, signal) => openSession(options, context, spec, signal),
    store: transcriptStore(own),
    check: async (signal) => [
      await programFinding(cliOf(options, own), signal),
      await folderFinding(options.workDir),
    ],
  };
}

function cliOf(options: CliOptions, env: Readonly<Record<string, string | undefined>>): CliSpec {
  return {
    label: 'iFlow CLI',
    command: options.command,
    args: options.args,
    env,
    oldest: [],
    install: 'Install it as https://platform.iflow.cn/en/cli says',
  };
}

async function openSession(
  options: CliOptions,
  context: AgentContext,
  spec: SessionSpec,
  signal: AbortSignal,
): Promise<AgentSession> {
  signal.throwIfAborted();
  const { provider, log } = context;
  const mode = modeOf('iFlow', MODES, spec.mode ?? options.mode);
  const env = childEnvironment(
    spec.env,
    [options.env, provider?.env, providerVariables(provider)],
    CAPABILITIES.nestingVariables,
  );
  const clean = (text: string) => hideSecrets(text, env);
  const known = await cliFlags(cliOf(options, env), ['--help'], signal);
  const folder = await transcriptFolder(env, spec.workDir);
  const reader = new IflowReader(spec.resume);
  /** What the folder held before the turn: bytes by path. */
  let before = new Map<string, number>();
  return TurnProcessSession.open(
    {
      label: 'iFlow',
      command: options.command,
      args: options.args,
      session: spec,
      env,
      settings: { mode, model: spec.model ?? options.model ?? provider?.model, effort: undefined },
      modes: MODES,
      reader,
      turn: async (prompt, settings, nativeId) => {
        before = new Map((await transcripts(folder)).map(({ path, size }) => [path, size]));
        const text = [prompt.text, ...prompt.images.map(({ path }) => `[image: ${path}]`)].join('\n');
        const args = [
          ...(settings.model === undefined ? [] : ['-m', settings.model]),
          ...(known?.has(settings.mode.flag) === false ? [] : [settings.mode.flag]),
          ...(nativeId === undefined ? [] : [firstKnown(known, '-r', '--resume') ?? '-r', nativeId]),
          firstKnown(known, '-p', '--prompt') ?? '-p',
          text,
        ];
        return { args, input: '' };
      },
      output: (turn) => {
        const resumed = reader.nativeId;
        const own = resumed === undefined ? undefined : `${folder}/${resumed}.jsonl`;
        // The transcript of this turn: the conversation's own, or the one that was not there before.
        const path = async () =>
          own ?? (await transcripts(folder)).find((one) => !before.has(one.path))?.path;
        return tailFile(path, { ended: turn.ended, from: own === undefined ? 0 : (before.get(own) ?? 0) });
      },
      judge,
      ...(options.limitMs === undefined ? {} : { limitMs: options.limitMs }),
      noise: /^<\/?Execution Info>|^[{}]$|^\s+"[\w-]+":/,
      clean,
      log,
    },
    signal,
  );
}

/** Both spellings of its settings as variables are documented. */
function providerVariables(provider: AgentProvider | undefined): Record<string, string> {
  const { apiKey, baseUrl } = provider ?? {};
  return {
    ...(apiKey === undefined ? {} : { IFLOW_API_KEY: apiKey, IFLOW_apiKey: apiKey }),
    ...(baseUrl === undefined ? {} : { IFLOW_BASE_URL: baseUrl, IFLOW_baseUrl: baseUrl }),
  };
}

function judge({ exit, detail }: EndedEarly): Verdict {
  if (exit.code === 0) return { outcome: { status: 'ok' } };
  if (exit.signal !== null)
    return { outcome: { status: 'error', message: detail, code: 'crash' }, fatal: true };
  const code: Extract<TurnOutcome, { status: 'error' }>['code'] = /api.?key|auth|log ?in/i.test(detail)
    ? 'auth'
    : 'other';
  return { outcome: { status: 'error', message: detail, code } };
}
