import { join } from 'node:path';
import type {
  Agent,
  AgentCapabilities,
  AgentContext,
  AgentDefinition,
  AgentMode,
  AgentStore,
} from '../../core/agent.ts';
import { AcpAgent, type AcpAgentConfig } from '../../kit/acp/agent.ts';
import { ACP_OPTIONS, acpConfig } from '../../kit/acp/definition.ts';
import { kimi } from '../../kit/acp/presets/kimi.ts';
import { childEnvironment, hideSecrets } from '../../kit/child-environment.ts';
import { type CliSpec, folderFinding, programFinding } from '../../kit/cli-check.ts';
import { cliFlags } from '../../kit/cli-flags.ts';
import { type CliOptions, cliOptions, providerModels } from '../../kit/cli-options.ts';
import { modeOf } from '../../kit/modes.ts';
import { readAgentOptions } from '../../kit/option-reader.ts';
import { PromptJournal } from '../../kit/prompt-journal.ts';
import { TurnProcessSession } from '../../kit/turn-process/session.ts';
import type { EndedEarly, Verdict } from '../../kit/turn-process/spec.ts';
import { KimiSession } from './acp-session.ts';
import { printArguments } from './argv.ts';
import { PrintReader } from './print-reader.ts';
import { KimiStore } from './store.ts';
import { errorCode } from './wire-lines.ts';

const OPTIONS = ['backend', ...ACP_OPTIONS, 'timeout_mins'] as const;

/** Moonshot's Kimi Code, kept running over ACP or run once per turn in its print mode. */
export const definition: AgentDefinition = {
  type: 'kimi',
  binaries: ['kimi'],
  options: OPTIONS,
  create: (raw, context) => {
    const defaults = { command: 'kimi', mode: 'yolo', modes: PRINT_MODES };
    const read = readAgentOptions(OPTIONS, raw, (options) =>
      options.choice('backend', ['acp', 'print']) === 'acp'
        ? { acp: acpConfig({ type: 'kimi', preset: kimi, options, context }) }
        : { print: cliOptions(options, context.baseDir, defaults) },
    );
    return read.acp ? acpAgent(read.acp, context) : printAgent(read.print, context);
  },
};

function acpAgent(config: AcpAgentConfig, context: AgentContext): Agent {
  const journal = new PromptJournal(join(context.cacheDir, 'kimi-prompts.jsonl'));
  const store = new KimiStore({ ...process.env, ...config.env }, journal);
  const acp = new AcpAgent({ ...config, store, journal }, context);
  const { type, label, capabilities, defaultMode, defaultModel, defaultEffort, workDir, configuredModels } =
    acp;
  return {
    ...{
      type,
      label,
      capabilities,
      defaultMode,
      defaultModel,
      defaultEffort,
      workDir,
      configuredModels,
      store,
    },
    get modes() {
      return acp.modes;
    },
    open: async (spec, signal) => new KimiSession(await acp.open(spec, signal), store),
    check: (signal) => acp.check(signal),
  };
}

// ---- print mode ----

/** In print mode nobody is asked whatever the mode; what a mode changes is what the program is started with. */
const PRINT_MODES: readonly AgentMode[] = [
  {
    id: 'yolo',
    aliases: ['default', 'auto', 'bypass'],
    label: 'YOLO',
    description: 'Asks nothing.',
    bypass: true,
  },
  { id: 'plan', aliases: [], label: 'Plan', description: 'Reads and plans, changes nothing.' },
  {
    id: 'quiet',
    aliases: [],
    label: 'Quiet',
    description: 'Only the last message (older kimi-cli).',
    bypass: true,
  },
];

const PRINT: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: false,
  images: false,
  liveMode: true,
  liveModel: true,
  turnEnd: 'protocol',
  finishesOnEof: true,
  outcome: false,
  systemPrompt: false,
  nestingVariables: [],
};

function printAgent(options: CliOptions, context: AgentContext): Agent {
  const { provider } = context;
  const kept = new KimiStore({ ...process.env, ...options.env }, undefined);
  const store: AgentStore = {
    list: (workDir, limit) => kept.list(workDir, limit),
    // An older program keeps its conversations elsewhere; it says itself that it has none.
    has: async (workDir, id) => (await kept.isEmpty()) || kept.has(workDir, id),
    history: (workDir, id, entries) => kept.history(workDir, id, entries),
  };
  return {
    type: 'kimi',
    label: 'Kimi Code',
    capabilities: PRINT,
    modes: PRINT_MODES,
    defaultMode: options.mode,
    defaultModel: options.model ?? provider?.model,
    defaultEffort: undefined,
    workDir: options.workDir,
    configuredModels: providerModels(provider),
    open: (spec, signal) => openPrint(options, context, spec, signal),
    store,
    check: async (signal) => [
      await programFinding(cliOf(options, { ...process.env, ...options.env }), signal),
      await folderFinding(options.workDir),
    ],
  };
}

function openPrint(
  options: CliOptions,
  context: AgentContext,
  spec: Parameters<Agent['open']>[0],
  signal: AbortSignal,
) {
  const { provider, log } = context;
  const model = spec.model ?? options.model ?? provider?.model;
  const source = { ...provider, ...(model === undefined ? {} : { model }) };
  const own = provider === undefined ? {} : kimi.model?.(source).env;
  const env = childEnvironment({ ...kimi.env, ...spec.env }, [defined(own), options.env, provider?.env]);
  const flags = () => cliFlags(cliOf(options, env), ['--help'], AbortSignal.timeout(30_000));
  return TurnProcessSession.open(
    {
      label: 'Kimi',
      command: options.command,
      args: options.args,
      session: spec,
      env,
      settings: { mode: modeOf('Kimi', PRINT_MODES, spec.mode ?? options.mode), model, effort: undefined },
      modes: PRINT_MODES,
      reader: new PrintReader(spec.resume),
      turn: async (prompt, settings, session) => {
        const words = [prompt.text, ...prompt.images.map(({ path }) => `[image: ${path}]`)].join('\n');
        // A provider's model is named by the environment, not by a name of the person's config.
        const named = own?.KIMI_MODEL_NAME === undefined ? settings.model : undefined;
        const turn = { prompt: words, mode: settings.mode.id, model: named, session, workDir: spec.workDir };
        return { args: printArguments(turn, await flags()), input: '' };
      },
      judge,
      ...(options.limitMs === undefined ? {} : { limitMs: options.limitMs }),
      noise: /^See log:/,
      clean: (text) => hideSecrets(text, env),
      log,
    },
    signal,
  );
}

/** A failed request ends the program with 1 and a word on stderr; the conversation is kept. */
function judge({ exit, detail }: EndedEarly): Verdict {
  if (exit.signal !== null || exit.code === 0)
    return { outcome: { status: 'error', message: detail, code: 'crash' }, fatal: true };
  const said = /failed to run prompt: ([\s\S]+)$/.exec(detail)?.[1];
  // Without that word it was no request that failed.
  if (said === undefined)
    return { outcome: { status: 'error', message: detail, code: 'crash' }, fatal: true };
  return { outcome: { status: 'error', message: said, code: errorCode(said) } };
}

function cliOf(options: CliOptions, env: CliSpec['env']): CliSpec {
  return {
    label: 'Kimi Code',
    command: options.command,
    args: options.args,
    env,
    // The older kimi-cli, with versions below 1, is spoken to as well.
    oldest: [0, 0, 0],
    install: `Install it with \`${kimi.install}\``,
  };
}

function defined(env: Readonly<Record<string, string | undefined>> | undefined): Record<string, string> {
  const entries = Object.entries(env ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
