import type { AgentEvent, ApprovalAnswer, ModelInfo } from './agent-event.ts';
import type { NativeId, PromptId } from './ids.ts';
import type { OptionIssue } from './options.ts';
import type { Finding, Log } from './platform.ts';

/** What an agent can do, as data. */
export interface AgentCapabilities {
  readonly resume: boolean;
  /** Stops the turn and keeps process and conversation. */
  readonly interrupt: boolean;
  /** Takes text into the running turn. */
  readonly steer: boolean;
  /** Takes images in the prompt; otherwise they are staged and referenced by path. */
  readonly images: boolean;
  readonly liveMode: boolean;
  readonly liveModel: boolean;
  /** How a turn's end is known: stated by the protocol, by process exit, or only by silence. */
  readonly turnEnd: 'protocol' | 'exit' | 'quiet';
  /** Finishes the running turn when its stdin ends (decides whether recovery waits). */
  readonly finishesOnEof: boolean;
  /** The store can tell what became of one prompt (see AgentStore.outcome). */
  readonly outcome: boolean;
  /** Takes our system prompt; otherwise it is given with the first message. */
  readonly systemPrompt: boolean;
  /** The agent's own command that shrinks its context, e.g. `/compact`. */
  readonly compactCommand?: string;
  /** Environment variables that this agent must not inherit because it would believe to be nested. */
  readonly nestingVariables: readonly string[];
}

export interface AgentMode {
  readonly id: string;
  /** Also accepted by `/mode`. */
  readonly aliases: readonly string[];
  readonly label: string;
  readonly description: string;
  /** Nothing is asked in this mode. */
  readonly bypass?: boolean;
}

/** Everything needed to start one agent session. Plain data. */
export interface SessionSpec {
  /** Absolute. */
  readonly workDir: string;
  /** Resume this conversation; a fresh one otherwise. */
  readonly resume?: NativeId;
  readonly mode?: string;
  readonly model?: string;
  readonly effort?: string;
  /** The complete environment for the child (inherited minus secrets and nesting variables, plus session variables). */
  readonly env: Readonly<Record<string, string>>;
  /** What we tell the agent about where it runs. */
  readonly systemPrompt: string;
  readonly allowedTools: readonly string[];
  /** Unique marker put into the child's environment, to find leftovers after a crash. */
  readonly marker: string;
}

export interface PromptImage {
  /** Absolute path of a staged file. */
  readonly path: string;
  readonly mime: string;
}

export interface Prompt {
  readonly id: PromptId;
  readonly text: string;
  readonly images: readonly PromptImage[];
}

/** Identity of a child process that survives our own restart. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque start stamp; a recycled pid has another. */
  readonly startTime: string;
}

/** One live conversation. Calls and events are plain, serialisable data. */
export interface AgentSession {
  /** Undefined for agents without a process of their own or between turns. */
  readonly process: ProcessIdentity | undefined;
  /**
   * All events from a sequence number on, across turns, ending after `exit`. One reader at a time;
   * events before the number may be forgotten.
   */
  events(fromSeq: number): AsyncIterable<AgentEvent>;
  /** Resolves when the agent has accepted the prompt. Never called while a turn runs. Rejects with AppError. */
  prompt(prompt: Prompt, signal: AbortSignal): Promise<{ readonly folded: boolean }>;
  steer?(prompt: Prompt, signal: AbortSignal): Promise<'taken' | 'too_late' | 'refused'>;
  /** Ends the running turn, which reports `turn_end` interrupted. Harmless when idle. */
  interrupt(signal: AbortSignal): Promise<void>;
  answer(wireId: string, answer: ApprovalAnswer): Promise<'taken' | 'stale'>;
  /** Applies what can change live. False: needs a restart of the process. */
  set?(change: {
    readonly mode?: string;
    readonly model?: string | null;
    readonly effort?: string;
  }): Promise<boolean>;
  /** Models the running agent offers, if it tells. */
  models?(signal: AbortSignal): Promise<readonly ModelInfo[]>;
  /**
   * Ends the process tree. `quick`: straight to TERM; otherwise stdin end and grace first.
   * Resolves when nothing of it runs any more.
   */
  close(how: { readonly quick: boolean }, signal: AbortSignal): Promise<void>;
}

export interface NativeSession {
  readonly id: NativeId;
  readonly title: string;
  /** ms since the epoch. */
  readonly updatedAt: number;
  readonly messages?: number;
}

export interface HistoryEntry {
  readonly role: 'user' | 'assistant';
  readonly text: string;
  /** ms since the epoch; 0 unknown. */
  readonly at: number;
}

/** What became of one prompt, according to the agent's own transcript. */
export type PromptOutcome =
  | { readonly state: 'ended'; readonly text: string; readonly ok: boolean; readonly nativeId?: NativeId }
  /** It arrived and no end is recorded. `text` is what was said so far. */
  | { readonly state: 'open'; readonly text: string; readonly nativeId?: NativeId }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown' };

/** The agent's own conversations on disk. Reads head and tail only. */
export interface AgentStore {
  list(workDir: string, limit: number): Promise<readonly NativeSession[]>;
  /** Whether this conversation can be resumed in this folder. */
  has(workDir: string, id: NativeId): Promise<boolean>;
  history(workDir: string, id: NativeId, entries: number): Promise<readonly HistoryEntry[]>;
  /** Without an id the newest conversations are searched; then the answer says in which one it was found. */
  outcome?(workDir: string, id: NativeId | undefined, prompt: PromptId): Promise<PromptOutcome>;
  remove?(workDir: string, id: NativeId): Promise<boolean>;
}

/** One configured agent of a project. */
export interface Agent {
  readonly type: string;
  /** For people, e.g. "Claude Code". */
  readonly label: string;
  readonly capabilities: AgentCapabilities;
  readonly modes: readonly AgentMode[];
  readonly defaultMode: string;
  readonly defaultModel: string | undefined;
  readonly defaultEffort: string | undefined;
  /** Absolute. */
  readonly workDir: string;
  /** Models from the configuration; empty when the agent's own list counts. */
  readonly configuredModels: readonly ModelInfo[];
  /** Resolves when the process can take a prompt. */
  open(spec: SessionSpec, signal: AbortSignal): Promise<AgentSession>;
  readonly store?: AgentStore;
  /** For `doctor` and the start log: program, version, login. */
  check(signal: AbortSignal): Promise<readonly Finding[]>;
}

export interface AgentProvider {
  readonly name: string;
  readonly apiKey?: string;
  readonly baseUrl?: string;
  readonly model?: string;
  readonly models: readonly { readonly model: string; readonly alias?: string }[];
  readonly env: Readonly<Record<string, string>>;
  /** Name of the environment variable the key travels in, where the agent lets it be chosen. */
  readonly envKey?: string;
  /** Which of the vendor's interfaces is spoken, in the agent's own word. */
  readonly wireApi?: string;
  /** Sent with every request, where the agent can. */
  readonly httpHeaders?: Readonly<Record<string, string>>;
}

export interface AgentContext {
  readonly log: Log;
  /** Folder for files the adapter writes (prompt files); created on demand. */
  readonly cacheDir: string;
  /** The active provider, already resolved for this agent type. */
  readonly provider?: AgentProvider;
  /** Directory that `work_dir` is relative to, and where an agent without one works. */
  readonly baseDir: string;
}

/** An agent that could be set up, from a list that came with this version. */
export interface CatalogueEntry {
  /** What the list calls it, e.g. `gemini`. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** One line. */
  readonly description: string;
  /** Program and arguments that start it; undefined when it must be downloaded first. */
  readonly command?: readonly string[];
}

/** As whom and among what the daemon runs. */
export interface Machine {
  /** Effective user id 0. */
  readonly root: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What an agent folder exports, found through a one-line registry entry. */
export interface AgentDefinition {
  readonly type: string;
  /** Program names looked for on PATH when no config exists; empty if it never starts by itself. */
  readonly binaries: readonly string[];
  /** The names of the options it reads; all others are told as unknown. */
  readonly options: readonly string[];
  /** Parses the open options record; throws `OptionsError` with everything that is wrong. */
  create(options: Readonly<Record<string, unknown>>, context: AgentContext): Agent;
  /**
   * What a person should know about options that are right in themselves: `config check` and the start tell it as
   * warnings. `provider`: the active one. Throws like `create`.
   */
  advise?(
    options: Readonly<Record<string, unknown>>,
    machine: Machine,
    provider: AgentProvider | undefined,
  ): readonly OptionIssue[];
  /** Agents this adapter could run besides the configured ones; shown by `/agent list all`. Reads no network. */
  catalogue?(): Promise<readonly CatalogueEntry[]>;
}
