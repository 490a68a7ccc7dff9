import { readFile } from 'node:fs/promises';
import type {
  Agent,
  AgentCapabilities,
  AgentContext,
  AgentDefinition,
  AgentSession,
  Prompt,
  SessionSpec,
} from '../../core/agent.ts';
import type { NativeId } from '../../core/ids.ts';
import { AcpAgent } from '../../kit/acp/agent.ts';
import { ACP_OPTIONS, acpConfig } from '../../kit/acp/definition.ts';
import { qoder } from '../../kit/acp/presets/qoder.ts';
import { childEnvironment, hideSecrets } from '../../kit/child-environment.ts';
import { type CliSpec, folderFinding, programFinding } from '../../kit/cli-check.ts';
import { cliFlags, type Flags, firstKnown } from '../../kit/cli-flags.ts';
import { type CliOptions, cliOptions, providerModels } from '../../kit/cli-options.ts';
import { modeOf } from '../../kit/modes.ts';
import { readAgentOptions } from '../../kit/option-reader.ts';
import { promptParts } from '../../kit/prompt-parts.ts';
import { TurnProcessSession } from '../../kit/turn-process/session.ts';
import type { TurnSettings } from '../../kit/turn-process/spec.ts';
import { MODES } from './modes.ts';
import { QoderReader } from './reader.ts';

const CAPABILITIES: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: false,
  images: true,
  liveMode: true,
  liveModel: true,
  turnEnd: 'protocol',
  // Its input has ended long before.
  finishesOnEof: true,
  outcome: false,
  systemPrompt: false,
  compactCommand: '/compact',
  nestingVariables: [],
};

const OPTIONS = ['backend', ...ACP_OPTIONS, 'timeout_mins'] as const;

/** Qoder's CLI in print mode, one process per turn, or over ACP. Without a login only its refusals could be seen. */
export const definition: AgentDefinition = {
  type: 'qoder',
  binaries: ['qodercli'],
  options: OPTIONS,
  create: (raw, context) => {
    const defaults = { command: 'qodercli', mode: 'default', modes: MODES };
    const read = readAgentOptions(OPTIONS, raw, (options) =>
      options.choice('backend', ['print', 'acp']) === 'acp'
        ? { acp: acpConfig({ type: 'qoder', preset: qoder, options, context }) }
        : { print: cliOptions(options, context.baseDir, defaults) },
    );
    return read.acp ? new AcpAgent(read.acp, context) : printAgent(read.print, context);
  },
};

function printAgent(options: CliOptions, context: AgentContext): Agent {
  const { provider } = context;
  return {
    type: 'qoder',
    label: 'Qoder',
    capabilities: CAPABILITIES,
    modes: MODES,
    defaultMode: options.mode,
    defaultModel: options.model ?? provider?.model,
    defaultEffort: undefined,
    workDir: options.workDir,
    configuredModels: providerModels(provider),
    open: (spec, signal) => openSession(options, context, spec, signal),
    check: async (signal) => [
      await programFinding(cliOf(options, { ...process.env, ...options.env }), signal),
      await folderFinding(options.workDir),
    ],
  };
}

function openSession(
  options: CliOptions,
  { provider, log }: AgentContext,
  spec: SessionSpec,
  signal: AbortSignal,
): Promise<AgentSession> {
  const mode = modeOf('Qoder', MODES, spec.mode ?? options.mode);
  const env = childEnvironment(spec.env, [options.env, provider?.env]);
  const flags = () => cliFlags(cliOf(options, env), ['--help'], AbortSignal.timeout(60_000));
  return TurnProcessSession.open(
    {
      label: 'Qoder',
      command: options.command,
      args: options.args,
      session: spec,
      env,
      settings: { mode, model: spec.model ?? options.model ?? provider?.model, effort: undefined },
      modes: MODES,
      reader: new QoderReader(spec.resume),
      turn: async (prompt, settings, session) => ({
        args: turnArguments(settings, session, await flags()),
        input: await promptLine(prompt),
      }),
      ...(options.limitMs === undefined ? {} : { limitMs: options.limitMs }),
      // It lives on for eight seconds after a refused login.
      lingerMs: 15_000,
      clean: (text) => hideSecrets(text, env),
      log,
    },
    signal,
  );
}

/** The prompt itself goes over stdin, as a line of JSON. */
export function turnArguments(
  { mode, model }: Pick<TurnSettings, 'mode' | 'model'>,
  session: NativeId | undefined,
  known: Flags | undefined,
): string[] {
  const resume = firstKnown(known, '--resume', '-r');
  const skip = firstKnown(known, '--dangerously-skip-permissions', '--yolo');
  return [
    '-p',
    '--input-format',
    'stream-json',
    '--output-format',
    'stream-json',
    ...(session === undefined || resume === undefined ? [] : [resume, session]),
    ...(mode.bypass !== true || skip === undefined ? [] : [skip]),
    ...(model === undefined ? [] : ['--model', model]),
  ];
}

async function promptLine(prompt: Prompt): Promise<string> {
  const { text, images } = promptParts(prompt);
  const blocks = await Promise.all(
    images.map(async ({ path, mime }) => {
      const data = (await readFile(path)).toString('base64');
      return { type: 'image', source: { type: 'base64', media_type: mime, data } };
    }),
  );
  const content = blocks.length === 0 ? text : [...blocks, { type: 'text', text }];
  return `${JSON.stringify({ type: 'user', message: { role: 'user', content } })}\n`;
}

function cliOf(options: CliOptions, env: CliSpec['env']): CliSpec {
  return {
    label: 'Qoder CLI',
    command: options.command,
    args: options.args,
    env,
    oldest: [1, 0, 0],
    install: `Install it with \`${qoder.install}\``,
  };
}
