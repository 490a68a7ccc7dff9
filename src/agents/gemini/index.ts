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
import { AcpAgent, type AcpAgentConfig } from '../../kit/acp/agent.ts';
import { acpConfig } from '../../kit/acp/definition.ts';
import { gemini } from '../../kit/acp/presets/gemini.ts';
import { modeOf } from '../../kit/modes.ts';
import { readAgentOptions } from '../../kit/option-reader.ts';
import { PromptJournal } from '../../kit/prompt-journal.ts';
import { chatFiles, clearMinute, nameEnd, projectFolder } from './chats.ts';
import { checkInstallation } from './check.ts';
import { environment, NESTING_VARIABLES, ownEnvironment } from './environment.ts';
import { geminiFolder, prepareHome, providerHome } from './home.ts';
import { MODES } from './modes.ts';
import { type GeminiOptions, OPTIONS, ownOptions } from './options.ts';
import { chatStore } from './store.ts';
import { openStreamSession } from './stream-session.ts';

/** One process per turn: nothing reaches a running turn, and nobody can be asked. */
const STREAM_JSON: AgentCapabilities = {
  resume: true,
  interrupt: true,
  steer: false,
  images: true,
  liveMode: true,
  liveModel: true,
  turnEnd: 'protocol',
  // Its input has ended long before; what ends it is that nobody reads its output any more.
  finishesOnEof: false,
  outcome: true,
  systemPrompt: false,
  nestingVariables: NESTING_VARIABLES,
};

/** Google's Gemini CLI, driven over the Agent Client Protocol or by a process per turn. */
export const definition: AgentDefinition = {
  type: 'gemini',
  binaries: ['gemini'],
  options: OPTIONS,
  create: (raw, context) => {
    const { own, acp } = readAgentOptions(OPTIONS, raw, (options) => ({
      own: ownOptions(options, context.baseDir),
      acp: acpConfig({ type: 'gemini', preset: gemini, options, context }),
    }));
    return createAgent(acp, own, context);
  },
};

function createAgent(base: AcpAgentConfig, options: GeminiOptions, context: AgentContext): Agent {
  const { provider } = context;
  const home = providerHome(context.cacheDir, provider);
  const own = ownEnvironment(options, provider, home);
  const journal = new PromptJournal(join(context.cacheDir, 'gemini-prompts.jsonl'));
  const store = chatStore(geminiFolder({ ...process.env, ...own }), journal);
  const acp = new AcpAgent({ ...base, env: own, store, journal, mode: options.mode }, context);
  const open = async (spec: SessionSpec, signal: AbortSignal): Promise<AgentSession> => {
    signal.throwIfAborted();
    const mode = modeOf('Gemini CLI', MODES, spec.mode ?? options.mode).id;
    const env = environment(spec.env, own);
    if (home !== undefined) await prepareHome(home, { ...spec.env, ...options.env });
    if (spec.resume !== undefined) await ready(geminiFolder(env), spec.workDir, spec.resume);
    if (options.backend === 'acp') return acp.open({ ...spec, mode }, signal);
    const model = spec.model ?? options.model ?? provider?.model;
    const models = (asking: AbortSignal) => acp.offeredModels(asking);
    const kept = { store, journal };
    return openStreamSession({ options, spec, env, model, models, kept, log: context.log }, signal);
  };
  return {
    type: 'gemini',
    label: acp.label,
    capabilities: options.backend === 'acp' ? acp.capabilities : STREAM_JSON,
    modes: MODES,
    defaultMode: options.mode,
    defaultModel: acp.defaultModel,
    defaultEffort: undefined,
    workDir: options.workDir,
    configuredModels: acp.configuredModels,
    open,
    store,
    check: (signal) => checkInstallation(options, provider, signal),
  };
}

/** A conversation that is gone is told at once, and one of this very minute is saved from being emptied. */
async function ready(folder: string, workDir: string, id: string): Promise<void> {
  const project = await projectFolder(folder, workDir);
  if (project === undefined || (await chatFiles(project, nameEnd(id))).length === 0) {
    throw new AppError('resume_failed', `Gemini CLI cannot resume the conversation ${id}`, {
      kind: 'not_found',
      advice: 'A new conversation is started.',
    });
  }
  await clearMinute(project, id, new Date());
}
