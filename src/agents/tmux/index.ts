import type {
  Agent,
  AgentCapabilities,
  AgentContext,
  AgentDefinition,
  SessionSpec,
} from '../../core/agent.ts';
import { checkInstallation } from './check.ts';
import { openPane } from './open.ts';
import { OPTIONS, parseOptions, type TmuxOptions } from './options.ts';
import { TmuxServer } from './server.ts';
import { paneStore } from './store.ts';

/** Any interactive program in a tmux pane: the way in for agents without an interface for machines. */
export const definition: AgentDefinition = {
  type: 'tmux',
  binaries: [],
  options: OPTIONS,
  create: (options, context) => createAgent(parseOptions(options, context.baseDir), context),
};

function createAgent(options: TmuxOptions, context: AgentContext): Agent {
  const serverFor = (env: Readonly<Record<string, string | undefined>>) =>
    new TmuxServer({
      command: options.command,
      args: options.args,
      socket: options.socket ?? ownSocket(),
      env: filledIn(env),
    });
  return {
    type: 'tmux',
    label: 'tmux',
    capabilities: capabilitiesOf(options),
    modes: [MODE],
    defaultMode: MODE.id,
    defaultModel: undefined,
    defaultEffort: undefined,
    workDir: options.workDir,
    configuredModels: [],
    open: (spec, signal) =>
      openPane(
        serverFor(spec.env),
        options,
        spec,
        paneEnvironment(spec, options, context),
        context.log,
        signal,
      ),
    store: paneStore(serverFor(process.env), options),
    check: (signal) => checkInstallation(serverFor(process.env), options, signal),
  };
}

/** What the program asks and allows is its own matter. */
const MODE = {
  id: 'default',
  aliases: [],
  label: 'Default',
  description: 'The program in the pane decides what it asks',
};

function capabilitiesOf({ keepPane }: TmuxOptions): AgentCapabilities {
  return {
    resume: keepPane,
    interrupt: true,
    steer: false,
    images: false,
    liveMode: false,
    liveModel: false,
    turnEnd: 'quiet',
    finishesOnEof: false,
    // A kept pane tells what came after the prompt; one that ended with the daemon tells nothing.
    outcome: keepPane,
    // The program may be a plain shell: instructions are no input for it.
    systemPrompt: true,
    nestingVariables: ['TMUX', 'TMUX_PANE'],
  };
}

/** The server of the tmux the daemon itself was started in, as the person sees it; else the usual one. */
function ownSocket(): string | undefined {
  return process.env.TMUX?.split(',')[0] || undefined;
}

/** Session variables, and what options and provider set; the rest is the tmux server's own. */
function paneEnvironment(
  { env }: SessionSpec,
  options: TmuxOptions,
  { provider }: AgentContext,
): Record<string, string> {
  const session = Object.entries(env).filter(([name]) => name.startsWith('CC_') || name === 'PATH');
  return { ...options.env, ...provider?.env, ...Object.fromEntries(session) };
}

function filledIn(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
