import type { AgentMode, Prompt, SessionSpec } from '../../core/agent.ts';
import type { AgentEventBody, ApprovalAnswer, ModelInfo, TurnOutcome } from '../../core/agent-event.ts';
import type { AppError } from '../../core/errors.ts';
import type { NativeId } from '../../core/ids.ts';
import type { Log } from '../../core/platform.ts';
import type { ProcessExit } from '../process/owned-process.ts';
import type { PromptJournal } from '../prompt-journal.ts';
import type { TurnReader } from './reader.ts';

/** What the next turn runs with, after options, provider and the engine's wishes were put together. */
export interface TurnSettings<M extends AgentMode = AgentMode> {
  readonly mode: M;
  readonly model: string | undefined;
  readonly effort: string | undefined;
}

/** How one turn is asked of the program. */
export interface TurnCommand {
  /** After the spec's own arguments. Holds no prompt if the program can read it elsewhere, and never a key. */
  readonly args: readonly string[];
  /** Written to stdin, which then ends. */
  readonly input: string;
  /** Over the session's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A process that ended before its turn did. */
export interface EndedEarly {
  readonly exit: ProcessExit;
  /** For people: how it ended and what it said last; without secrets. */
  readonly detail: string;
}

/** What an unfinished turn's end by exit means. */
export interface Verdict {
  readonly outcome: TurnOutcome;
  /** The conversation cannot go on in this session: it ends with an `exit`. */
  readonly fatal?: boolean;
}

/** A turn's process as a source of output sees it. */
export interface TurnOutput {
  readonly stdout: AsyncIterable<Buffer>;
  /** Resolves when the process has ended; never rejects. */
  readonly ended: Promise<unknown>;
  /** When it was started, in ms since the epoch. */
  readonly startedAt: number;
}

/** Where a running turn asks people, beside its output: by a hook that the program calls, say. */
export interface TurnDesk {
  /** `tell` appends an event to the running turn; false: none runs, and nobody can be asked. */
  open(tell: (body: AgentEventBody) => boolean): void;
  answer(wireId: string, answer: ApprovalAnswer): 'taken' | 'stale';
  /** Refuses what is still open, and gives the events that say so; called at the end of every turn. */
  withdraw(): AgentEventBody[];
  close(): Promise<void>;
}

/** All that differs between agents that run one process per turn. */
export interface TurnProcessSpec<M extends AgentMode = AgentMode> {
  /** For people, e.g. "Codex". */
  readonly label: string;
  readonly command: string;
  /** In front of every other argument. */
  readonly args: readonly string[];
  readonly session: SessionSpec;
  /** The child's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly settings: TurnSettings<M>;
  readonly modes: readonly M[];
  readonly reader: TurnReader;
  /** The prompt as a command line, with what is set now and the conversation to go on with. */
  turn(
    prompt: Prompt,
    settings: TurnSettings<M>,
    nativeId: NativeId | undefined,
  ): TurnCommand | Promise<TurnCommand>;
  /** Lines to read instead of stdout (a transcript file); must end when `ended` resolves. Stdout is then thrown away. */
  output?(turn: TurnOutput): AsyncIterable<Buffer>;
  /** `output` reads stdout itself, to its end. @default false */
  readonly readsStdout?: boolean;
  /** Judges a process that ended in the middle of its turn. @default an error of code `crash`, fatal */
  judge?(end: EndedEarly): Verdict;
  /** The error for a process that ended before its turn began. @default `agent.start_failed` */
  startError?(end: EndedEarly): AppError;
  /** The models there are to choose from; asked once. @default the program tells none */
  models?(signal: AbortSignal): Promise<readonly ModelInfo[]>;
  /** For a store that finds prompts in the agent's transcript by their text: each is noted before it is handed over. */
  readonly journal?: PromptJournal;
  /** @default nobody is asked */
  readonly desk?: TurnDesk;
  /** Ends a running turn. @default SIGTERM */
  readonly interruptSignal?: 'SIGINT' | 'SIGTERM';
  /** How long an interrupted program may take to end before it is killed, in ms. @default 2000 */
  readonly interruptMs?: number;
  /** How long the process may live on after it has told the end of its turn, in ms. @default 10000 */
  readonly lingerMs?: number;
  /** A turn that takes longer is ended with an error, in ms. @default no limit */
  readonly limitMs?: number;
  /** Run once when the session opens, so that a missing or broken program is told then. @default ['--version'] */
  readonly probe?: readonly string[];
  /** Lines of stderr that say nothing about a failure. */
  readonly noise?: RegExp;
  onStderrLine?(line: string): void;
  clean(text: string): string;
  readonly log: Log;
}
