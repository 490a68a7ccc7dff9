import type { AgentMode } from '../../core/agent.ts';
import type { Wire } from './wire.ts';

/** What is configured about the model, as far as it is. */
export interface ModelSource {
  readonly name?: string;
  readonly apiKey?: string;
  readonly baseUrl?: string;
  readonly model?: string;
}

/** What a start of the agent is given for a {@link ModelSource}. Variables without a value are left out. */
export interface ModelLaunch {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Put behind the preset's own arguments. Never a key: other users can read them. */
  readonly args?: readonly string[];
}

/**
 * What is known of one agent beyond the protocol. Data only: a further agent is one more of these, and an adapter
 * that offers ACP as one of its backends starts from one too.
 */
export interface AcpPreset {
  /** As `options.preset` names it. */
  readonly name: string;
  /** For people. */
  readonly label: string;
  readonly command: string;
  readonly args: readonly string[];
  /** What the ACP registry calls it, where that is another name. */
  readonly registryIds?: readonly string[];
  /** How to get the program, as a command or in words. */
  readonly install: string;
  /** The command by which a person logs in. */
  readonly login: string;
  /**
   * How well this is known: `seen` running under test, `recorded` from a real run and replayed, or only
   * `documented` by its makers.
   */
  readonly known: 'seen' | 'recorded' | 'documented';
  /** Oldest version that is known to work. */
  readonly oldest?: string;
  /** Set unless the environment or the configuration says otherwise. */
  readonly env?: Readonly<Record<string, string>>;
  /** Without it a provider brings only the variables of its own `env`. */
  readonly model?: (source: ModelSource) => ModelLaunch;
  /**
   * Login methods that only read a variable, by method id. They are used unasked when the agent wants a login and
   * the variable is set; any other method has to be configured, since it may open a browser.
   */
  readonly keyLogins?: Readonly<Record<string, string>>;
  /** Modes as they are before the agent has told its own, and further names for those it tells. */
  readonly modes?: readonly AgentMode[];
  /**
   * The mode a conversation begins in unless the configuration says otherwise, for an agent that by itself would ask
   * less than people expect of a bot; else the agent's own.
   */
  readonly firstMode?: string;
  /** Arguments that start it in a mode, for an agent that tells no modes of its own; changing it takes a new start. */
  readonly modeArgs?: Readonly<Record<string, readonly string[]>>;
  /** Variables that do so as well, for versions that take no such arguments. */
  readonly modeEnv?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly nestingVariables?: readonly string[];
  /** The agent's own command that shrinks its context. */
  readonly compactCommand?: string;
  /**
   * What the end of its stdin does in mid-turn: the agent `exits` at once, it `finishes` the turn first, or it
   * `stays` for ever and has to be ended by a signal.
   */
  readonly stdinEnd: 'exits' | 'finishes' | 'stays';
  /**
   * It reports a failed model call a moment before its turn is over, and would fold a prompt that comes in between
   * into that turn and never answer it. The next prompt waits this long after a failure, in ms.
   */
  readonly settleMs?: number;
  /** Takes `_meta.systemPrompt.append` when a session is opened. */
  readonly systemPrompt?: boolean;
  /** Loading a conversation only repeats it and changes nothing, so its history can be shown that way. */
  readonly harmlessLoad?: boolean;
  /** False: a conversation that is opened and left leaves nothing behind, so a check may open one to see the login. */
  readonly emptyTrace?: boolean;
  /** Some report a failed model call as a turn that ends well and says this and nothing else. */
  readonly failureText?: RegExp;
  /** Some write notes about themselves as if they were an answer: pieces that match are left out. */
  readonly chatter?: RegExp;
  /** What an update says of the turn beside the protocol, where the reply does not tell that it failed. */
  readonly toldState?: (update: Wire) => ToldState | undefined;
}

/**
 * The arguments of a program that is asked outside of a conversation, its version say: over ACP they name the way into a
 * conversation, too, which is not asked for there.
 */
export function argsOutside(
  preset: Pick<AcpPreset, 'args'>,
  { backend, args }: { readonly backend: string; readonly args: readonly string[] },
): readonly string[] {
  return backend === 'acp' ? args.filter((arg) => !preset.args.includes(arg)) : args;
}

/** A turn as an agent tells of it beside the protocol; `other`: nothing of interest. */
export type ToldState = 'failed' | 'working' | 'other';

/** Passes key, address and model of a provider in variables of these names. */
export function byVariables(names: {
  readonly apiKey?: string;
  readonly baseUrl?: string;
  readonly model?: string;
  /** Set as soon as there is an address. */
  readonly withBaseUrl?: Readonly<Record<string, string>>;
}): (source: ModelSource) => ModelLaunch {
  return (source) => {
    const env: Record<string, string | undefined> =
      source.baseUrl === undefined ? {} : { ...names.withBaseUrl };
    if (names.apiKey !== undefined) env[names.apiKey] = source.apiKey;
    if (names.baseUrl !== undefined) env[names.baseUrl] = source.baseUrl;
    if (names.model !== undefined) env[names.model] = source.model;
    return { env };
  };
}
